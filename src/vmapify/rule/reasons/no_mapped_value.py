"""No value in the loop depends on the example.

## What it means
The body computes the same thing in every iteration, or the loop variable goes nowhere. There is no
argument to map over, so `jax.vmap` has nothing to do; often the loop repeats on purpose, to time
something or to warm up. This is only said where every call on the way could be followed: through the carries
of `jax.lax` loops, through what functions close over, and through functions kept on objects.

## Example
```python
return jnp.stack([template for _ in range(n)])
```

## What you can do instead
Say what is meant: `jnp.broadcast_to(template, (n, *template.shape))`, `jnp.tile` or `jnp.repeat`.
"""
