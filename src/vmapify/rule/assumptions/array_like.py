"""The value that is mapped over is an array, or a pytree of arrays with a common leading axis.

## What it means
A Python list or tuple of arrays also iterates, but `jax.vmap` takes a list for a pytree with one leaf per
item and maps over the first axis of each. Nothing near the loop tells which it is.

## How it is discharged
By recording what the value is when your code runs. An annotation (`xs: jax.Array`, or a jaxtyping shape)
proves it.
"""
