"""A function made in the loop looks at a loop variable when it is called, and that may be later.

## What it means
A `lambda` or `def` in the body captures the variable, not its value. If it is stored and called after the
loop it sees the value of the last iteration, for every example. `jax.vmap` would give each example its
own value: another result, even if perhaps the intended one.

## Example
```python
losses = []
for target in targets:
    losses.append(lambda x: jnp.sum((x - target) ** 2))
return jnp.stack([loss(x) for loss in losses])  # all of them use the last target
```

## What you can do instead
If this is the bug it looks like, bind the value: `lambda x, target=target: ...`, or map over the targets:
`jax.vmap(lambda target: jnp.sum((x - target) ** 2))(targets)`.
"""
