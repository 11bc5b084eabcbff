"""The list or buffer holds something before the loop, and the loop may not replace all of it.

## What it means
The list starts with elements, or the buffer is larger than the range that is written, so the result is a
mixture of old and new rows. `jax.vmap` makes the new rows only.

## Example
```python
states = [initial]
for force in forces:
    states.append(respond(force))
return jnp.stack(states)
```

## What you can do instead
Compute the new rows with `jax.vmap` and join the parts explicitly:
```python
return jnp.concatenate([initial[None], jax.vmap(respond)(forces)])
```
For a buffer: `buffer.at[start:stop].set(jax.vmap(f)(xs))`. If the first row is the start of a recurrence,
you want `jax.lax.scan`.
"""
