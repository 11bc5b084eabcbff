"""The results, or the inputs, do not all have the same shape.

## What it means
`jax.vmap` maps over an axis of one array, so every example needs the same shape. Here the lengths differ,
a filter keeps some examples only, or a slice grows with the index.

## Example
```python
def sums(rows):  # a list of arrays of different lengths
    return jnp.stack([jnp.sum(jnp.sin(row)) for row in rows])
```

## What you can do instead
Pad to the longest and carry a mask; masked-out values must be neutral for what follows.
```python
lengths = jnp.array([len(row) for row in rows])
padded = jnp.stack([jnp.pad(row, (0, longest - len(row))) for row in rows])


def masked_sum(row, length):
    return jnp.sum(jnp.where(jnp.arange(longest) < length, jnp.sin(row), 0.0))


jax.vmap(masked_sum)(padded, lengths)
```
With few distinct lengths, group the examples by length and `jax.vmap` each group. For sums over groups of
one long array, `jax.ops.segment_sum` needs no padding at all. A window `x[i:i + k]` of constant width is
not ragged: `jax.lax.dynamic_slice_in_dim(x, i, k)` expresses it.
"""
