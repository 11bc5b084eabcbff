"""Python decides by a value that is only known when the code runs.

## What it means
An `if`, `while`, `assert`, `and`, `or`, conditional expression or comprehension filter looks at an
array's value. Under `jax.vmap` there is no single value but one for every example, so Python cannot
choose; JAX raises `TracerBoolConversionError`.

## Example
```python
def clipped(x):
    if x > limit:  # each example may go another way
        return limit
    return x
```

## What you can do instead
When both sides are cheap and safe to evaluate, choose by element:
```python
def clipped(x):
    return jnp.where(x > limit, limit, x)
```
`jax.lax.cond(pred, yes, no, x)` keeps the two sides apart and reads well, but under `jax.vmap` it still
computes both. Beware of `jnp.where` around something undefined, such as `jnp.log` of a negative number:
the gradient of the side not taken can be NaN, so make its *input* harmless with a `where` first. A
`while` becomes `jax.lax.while_loop`, which under `jax.vmap` runs until the slowest example is done.
"""
