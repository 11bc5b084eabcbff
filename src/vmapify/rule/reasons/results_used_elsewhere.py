"""The list of results is used for more than stacking.

## What it means
It is returned, measured with `len`, indexed, extended or passed on, before or after the stacking call, so
it has to exist as a list; or a name assigned in the loop is read after it. Removing the loop would remove
them.

At the top level of a module, `__all__` reads every name that it lists, and so does what looks names up while it runs:
`globals()["ys"]`, `vars()`, `sys.modules[__name__].ys`, `eval` and `exec`, text with `from __main__ import ys`, and the
examples of a docstring. So does another file of the project that imports the name, takes all with `from m import *`, or
reads it of the module (`m.ys`, `getattr(m, "ys")`, `patch("m.ys")`).

## Example
```python
for x in xs:
    y = model(x)
    ys.append(y)
save(ys)  # needs the list
print(y)  # needs the last result
return jnp.stack(ys)
```

## What you can do instead
Let the other uses work on the stacked array: `len(ys)` is `ys.shape[0]`, `ys[3]` and iteration work as
before, the last result is `ys[-1]`. Where a real list is wanted, `list(array)` makes one. A name that only
other code sees may be given back behind the loop: `ys = list(array)`. Then run `vmapify` again.
"""
