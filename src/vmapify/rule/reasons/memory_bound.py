"""The loop is there to save memory: a comment says so, or it works in sections.

## What it means
`jax.vmap` computes all rows at once, so it holds the intermediate values of all rows at once. Whoever wrote the loop
knew that this is too much, and said so beside it, or cut the rows into sections that are joined again:
`for lo in range(0, n, size)` over `x[lo : lo + size]`.

## Example
```python
for op in ops:  # one symmetry operation after the other, to save memory
    total += jnp.cos(phases @ op).sum(axis=0)
```

## What you can do instead
`jax.lax.map(f, xs, batch_size=b)` takes `b` rows at a time: as fast as the memory allows. If the remark is out of date,
delete it.
"""
