"""The iterables that run in lockstep may have different lengths.

## What it means
`zip` stops at the shortest without a word. `jax.vmap` insists that all mapped axes have the same size and
raises otherwise. Nothing here shows that the lengths agree.

## Example
```python
out = jnp.stack([f(x, y) for x, y in zip(xs, ys[1:])])  # one shorter
```

## What you can do instead
Cut them to the same length where you mean it, `jax.vmap(f)(xs[:-1], ys[1:])`, or write
`zip(xs, ys, strict=True)`, which is checked by Python and tells `vmapify` (and the reader) that the
lengths agree.
"""
