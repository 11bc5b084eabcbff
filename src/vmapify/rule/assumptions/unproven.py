"""Nothing in the source speaks against the rewrite, but not all of it could be proven.

## What it means
A rewrite is graded `safe` only if it is proven: both versions are run by an interpreter that knows exactly what it knows,
and leave the same. Code that it does not know (a function of a package whose source is not at hand, a class that
overrides how its attributes are read) may do anything, so what rests on it is not proven.

## How it is discharged
By running both versions on your inputs.
"""
