"""The loop variable is needed as a plain Python number.

## What it means
It decides a shape, the bound of an inner loop, an axis, an exponent, a key of a Python dict or list, a
format string. Under `jax.vmap` the loop variable is a traced array element, and none of these accept one.

## Example
```python
def powers(x, n):
    return jnp.stack([jnp.sum(x[:i]) for i in range(1, n)])  # a slice whose length is i
```

## What you can do instead
Make the shape constant and let the index choose by value:
```python
def powers(x, n):
    inside = jnp.arange(x.shape[0])[None, :] < jnp.arange(1, n)[:, None]
    return jnp.sum(jnp.where(inside, x, 0.0), axis=1)
```
A list indexed by the loop variable can be stacked into an array first. A small, fixed loop over axes or
orders is usually best left alone: it is unrolled once and costs nothing at run time.
"""
