"""The per-example function can be traced by JAX.

## What it means
Its source was not found, or not understood to the end: it must not convert values to Python numbers,
branch on them in Python, or leave JAX on the way.

## How it is discharged
By tracing it: code that cannot be traced raises, and the rewrite is refuted. `@jax.jit` on the function,
or using it with `jax.grad` or `jax.vmap` elsewhere, proves it.
"""
