"""A comprehension, generator or `map` over examples is stacked; one `jax.vmap` call computes all of them.

## What it does
Finds a stacking call (`jnp.stack`, `jnp.array`, `jnp.concatenate` and relatives) whose argument is a list
comprehension, a generator expression or `list(map(f, xs))` that computes one result per example.

## Why is this bad?
A comprehension is a Python loop in shorter clothes: it runs the function once per example, dispatches
every operation separately, and is unrolled under `jax.jit`. `jax.vmap` traces the function once and
batches it.

## Example
```python
import jax
import jax.numpy as jnp


def distance(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum((a - b) ** 2))


def distances(centre: jax.Array, points: jax.Array) -> jax.Array:
    return jnp.stack([distance(centre, point) for point in points])
```

## Use instead
```python
import jax
import jax.numpy as jnp


def distance(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum((a - b) ** 2))


def distances(centre: jax.Array, points: jax.Array) -> jax.Array:
    return jax.vmap(distance, in_axes=(None, 0))(centre, points)
```

## When it is refused
When there is an `if` clause, so that the number of results depends on the values (`ragged-shapes`); when
the items are not arrays, such as names or configurations (`not-arrays`); when each item brings its own
function (`heterogeneous-callees`); when the loop variable decides a shape or an axis (`static-index`);
and for every reason that refuses an `append-then-stack` loop.

## How it is verified
As for every rule: both versions run on the same inputs in a child process and are compared in structure,
shape, dtype and value, example by example.
"""
