"""The loop only takes rows, it computes nothing.

## What it means
Every iteration reads a row, or an entry of it, and stores it. `jax.vmap` would batch the identity; indexing the
array, or converting it as a whole, says the same without a loop.

## Example
```python
return jnp.stack([point[0] for point in points])
```

## What you can do instead
Index the array: `points[:, 0]`, `xs[:n]`, `xs[order]`. For a list of rows, `jnp.stack(rows)` or `jnp.asarray(rows)`
alone is enough. To add rows up, `xs.sum(axis=0)` or `xs[order].sum(axis=0)`.
"""
