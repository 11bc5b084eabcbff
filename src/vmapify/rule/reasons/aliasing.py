"""Another name refers to the list or buffer that the loop fills.

## What it means
Through that name somebody can see, or change, the collection while it grows. Replacing it by a new array
leaves the other name with the old object, empty.

## Example
```python
log = out = []
for x in xs:
    out.append(f(x))
return jnp.stack(out), log
```

## What you can do instead
Give the list one name, and derive what the others need from the stacked array.
"""
