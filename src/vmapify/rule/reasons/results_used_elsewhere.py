"""The list of results is used for more than stacking.

## What it means
It is returned, measured with `len`, indexed, extended or passed on, before or after the stacking call, so
it has to exist as a list; or a name assigned in the loop is read after it. Removing the loop would remove
them.

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
before, the last result is `ys[-1]`. Where a real list is wanted, `list(array)` makes one. Then run
`vmapify` again.
"""
