"""Per-example results are added up in a loop; `jax.vmap` computes them at once and a reduction sums them.

## What it does
Finds a loop whose only effect is `total = total + f(x)`, or the like with `*`, `jnp.maximum` or
`jnp.minimum`, over independent examples.

## Why is this bad?
The accumulator looks like a carry, but the expensive part, the per-example result, does not depend on it.
Computed by `jax.vmap`, all results come from one batched operation, and one reduction on the device
combines them.

## Example
```python
import jax
import jax.numpy as jnp


def loss(w: jax.Array, x: jax.Array) -> jax.Array:
    return jnp.sum((w - x) ** 2)


def total_loss(w: jax.Array, xs: jax.Array) -> jax.Array:
    total = 0.0
    for x in xs:
        total = total + loss(w, x)
    return total
```

## Use instead
```python
import jax
import jax.numpy as jnp


def loss(w: jax.Array, x: jax.Array) -> jax.Array:
    return jnp.sum((w - x) ** 2)


def total_loss(w: jax.Array, xs: jax.Array) -> jax.Array:
    return jax.vmap(loss, in_axes=(None, 0))(w, xs).sum()
```

## When it is refused
When the running value is used in the loop for anything but the accumulation (`loop-carried-dependency`: a
running mean or an early stop needs `jax.lax.scan` or `jax.lax.while_loop`), and for the reasons that
refuse an `append-then-stack` loop.

## How it is verified
A device reduction adds in another order than the loop, so the last digits may differ (`reassociation`).
Both sums are compared with a float64 rerun, and the rewrite may not be further from it than a small
multiple of the loop's own error.
"""
