"""No subclass elsewhere overrides a method that the per-example function calls.

## What it means
`self.step(x)` runs the method of the class that `self` is of, and that may be a subclass from another file. An annotation
does not say more: a parameter annotated with a class may be an object of any subclass. The rewrite is right for the method
as it is written here; another one may do anything.

## How it is discharged
By running both versions on your inputs. It is not needed where nothing can be overridden: for a class or method that is
marked with `typing.final`, or whose name begins with an underscore.
"""
