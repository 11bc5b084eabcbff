"""Per-example results are combined in a loop; `jax.vmap` computes them at once and one reduction combines them.

## What it does
Finds a loop that takes what a per-example computation gives up into an accumulator: `total += f(x)`, the
like with `-`, `*`, `&` or `|`, `best = jnp.maximum(best, f(x))`, `jnp.minimum`, `jnp.logaddexp`,
`jnp.logical_and`, `grads = jax.tree.map(jnp.add, grads, g)`; and the same in one expression: `sum`, `max`,
`min`, `any`, `all`, `math.prod` or `functools.reduce` of a comprehension or generator.

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
    return jnp.sum(jax.vmap(loss, in_axes=(None, 0))(w, xs))
```

## When it is refused
When the running value is used in the loop for anything but the accumulation (`loop-carried-dependency`: a
running mean or an early stop needs `jax.lax.scan` or `jax.lax.while_loop`), when whether a row counts is
decided in Python on its value (`python-branch-on-value`: a running best, a filtered sum), and for the
reasons that refuse an `append-then-stack` loop. Sums of two or three terms, and sums of Python numbers, are
not looked at.

## How it is verified
A device reduction adds in another order than the loop, so the last digits may differ (`reassociation`).
Both sums are compared with a float64 rerun, and the rewrite may not be further from it than a small
multiple of the loop's own error. The start is left out where it is the identity (`0.0` of a sum, `-jnp.inf`
of a maximum); it stays where it counts, or where the type of the result hangs on it (`output-dtype`).
Python's `max` and `min` differ from JAX's on NaN (`no-nan`).
"""
