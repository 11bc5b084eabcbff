"""The way the results are collected cannot be expressed by a mapped axis, as far as we know the ranks.

## What it means
`jax.vmap` puts the results on one new axis. `jnp.concatenate`, `hstack`, `vstack`, a negative or unknown
`axis`, or a write such as `out[i, :k]` joins them in another way, and which one depends on the rank of a
result, which is not known here.

## Example
```python
rows = jnp.concatenate([block(x) for x in xs], axis=-1)  # the last axis of what rank?
```

## What you can do instead
Collect with `jnp.stack`, which always makes a new axis, and reshape afterwards; or annotate the result of
the per-example function with a shape (jaxtyping's `Float[Array, "n d"]`), so that its rank is known.
"""
