"""The loop may stop before it has seen every example.

## What it means
There is a `break`, a `return`, a `raise` or a `continue` that skips an append. How many examples are
processed depends on what happens on the way; `jax.vmap` processes all of them.

## Example
```python
for guess in guesses:
    error = residual(guess)
    errors.append(error)
    if error < tolerance:
        break
```

## What you can do instead
If the work saved is small, compute everything and cut afterwards:
```python
errors = jax.vmap(residual)(guesses)
first = jnp.argmax(errors < tolerance)  # 0 if none is: test errors[first] as well
```
If the stop is the point, as in an iterative solver, use `jax.lax.while_loop` with the condition as a
function of the carry. A `continue` that drops examples makes the result ragged: compute a mask and select
with it.
"""
