"""Structured results are collected and their leaves stacked; `jax.vmap` returns the stacked structure itself.

## What it does
Finds a loop or comprehension that collects tuples, dicts or other pytrees, one per example, and stacks
them leaf by leaf, with `jax.tree.map(lambda *leaves: jnp.stack(leaves), *results)` or by unzipping the
list with `zip(*results)` and stacking each column.

## Why is this bad?
`jax.vmap` does exactly this, without the loop: it maps over every leaf of the inputs and gives every leaf
of the output a leading batch axis.

## Example
```python
import jax
import jax.numpy as jnp


def moments(x: jax.Array) -> dict[str, jax.Array]:
    return {"mean": jnp.mean(x), "var": jnp.var(x)}


def all_moments(xs: jax.Array) -> dict[str, jax.Array]:
    results = [moments(x) for x in xs]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *results)
```

## Use instead
```python
import jax
import jax.numpy as jnp


def moments(x: jax.Array) -> dict[str, jax.Array]:
    return {"mean": jnp.mean(x), "var": jnp.var(x)}


def all_moments(xs: jax.Array) -> dict[str, jax.Array]:
    return jax.vmap(moments)(xs)
```

## When it is refused
When the structure or the shape of a leaf differs between examples (`ragged-shapes`), when a leaf is not
an array (`not-arrays`), when the list of results is also used as a list (`results-used-elsewhere`).

## How it is verified
Both versions run on the same inputs; the tree structure must be the same, then every leaf is compared in
shape, dtype and value.
"""
