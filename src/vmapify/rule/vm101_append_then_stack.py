"""Results are appended to a list in a loop and stacked afterwards; one `jax.vmap` call computes them all.

## What it does
Finds a `for` loop that computes one result per example, appends it to a list, and hands the list to
`jnp.stack`, `jnp.array`, `jnp.concatenate` or a relative of these.

## Why is this bad?
Every iteration dispatches its operations to the device one by one, so the accelerator waits for Python.
Under `jax.jit` it is worse: the loop is unrolled into the program, and compile time grows with the number
of examples. `jax.vmap` traces the per-example function once and runs all examples in one batched
operation.

## Example
```python
import jax
import jax.numpy as jnp


def energy(w: jax.Array, x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.tanh(w * x))


def energies(w: jax.Array, xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(energy(w, x))
    return jnp.stack(out)
```

## Use instead
```python
import jax
import jax.numpy as jnp


def energy(w: jax.Array, x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.tanh(w * x))


def energies(w: jax.Array, xs: jax.Array) -> jax.Array:
    return jax.vmap(energy, in_axes=(None, 0))(w, xs)
```

## When it is refused
When an iteration needs what an earlier one left behind (`loop-carried-dependency`), leaves early
(`early-exit`), does something besides computing (`side-effect`), branches in Python on a computed value
(`python-branch-on-value`), calls code that cannot be traced (`non-jax-callee`) or cannot be found
(`opaque-callee`), gives results of different shapes (`ragged-shapes`), or when the list is used for more
than stacking (`results-used-elsewhere`). `vmapify rule CODE` explains each.

## How it is verified
`vmapify fix` runs the loop and the rewrite in a child process on the same inputs and compares structure,
shapes, dtypes and values, floating point against a float64 rerun of both. It also checks that the
comparison would notice rows in the wrong order; where it would not, the verdict is `inconclusive` and
nothing is written.
"""
