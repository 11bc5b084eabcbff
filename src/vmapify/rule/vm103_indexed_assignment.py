"""An array is filled one index at a time in a loop; one `jax.vmap` call computes all rows.

## What it does
Finds a loop over `range(n)` (or `enumerate`) that writes one row per iteration into a buffer, with
`out = out.at[i].set(...)` or `out[i] = ...`, where every row is written once and none is read.

## Why is this bad?
Outside `jax.jit`, each `.at[i].set` copies the whole buffer: n rows cost n copies, quadratic work for a
linear job. Inside `jax.jit` the loop is unrolled into n scatter operations, and compile time grows with
n.

## Example
```python
import jax
import jax.numpy as jnp


def normalise(row: jax.Array) -> jax.Array:
    return row / jnp.sum(row)


def normalised(table: jax.Array) -> jax.Array:
    out = jnp.zeros((table.shape[0], 3))
    for i in range(table.shape[0]):
        out = out.at[i].set(normalise(table[i]))
    return out
```

## Use instead
```python
import jax
import jax.numpy as jnp


def normalise(row: jax.Array) -> jax.Array:
    return row / jnp.sum(row)


def normalised(table: jax.Array) -> jax.Array:
    return jax.vmap(normalise)(table)
```

## When it is refused
When a row is computed from rows written before it, as in a recurrence (`loop-carried-dependency`: use
`jax.lax.scan`); when some rows may stay as the buffer was created, and that cannot be told statically
(`prefilled-list`); when another name for the buffer is used in or after the loop (`aliasing`).

## How it is verified
Both versions run on the same inputs and the whole buffer is compared, dtype included: an assignment casts
to the buffer's dtype, so the rewrite has to cast as well wherever the two could differ.
"""
