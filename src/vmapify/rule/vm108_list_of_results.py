"""A list of results that nothing stacks; one `jax.vmap` call computes all of them.

## What it does
Finds a list comprehension, `list(map(f, xs))` or a `for` loop that appends, whose results JAX computes one by one, and
which no call stacks: the list is plotted, returned, handed on, or read entry by entry.

## Why is this bad?
The function is run once per example, and every operation in it is dispatched separately; under `jax.jit` the loop is
unrolled. That the results end in a list does not change this: `jax.vmap` computes them at once, and `list(...)` or
`.tolist()` gives the list back where one is needed. What makes an array of the list, such as `plt.plot`, takes the
batched result as it is.

## Example
```python
import jax
import jax.numpy as jnp


def energy(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2)


def energies(xs: jax.Array) -> list[jax.Array]:
    return [energy(x) for x in xs]
```

## Use instead
```python
import jax
import jax.numpy as jnp


def energy(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2)


def energies(xs: jax.Array) -> list[jax.Array]:
    return list(jax.vmap(energy)(xs))
```

## When it is refused
When the results are not known to be arrays of one shape (`not-arrays`, `ragged-shapes`), and for every reason that
refuses an `append-then-stack` loop. Lists of what is not computed with JAX are not reported at all.

## How it is verified
As for every rule: both versions run on the same inputs in a child process, and the lists are compared entry by entry,
the type of the entries included. Where the batched result stays an array because whoever takes it makes an array of the
list, it is compared as a list all the same.
"""
