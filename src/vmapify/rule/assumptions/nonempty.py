"""There is at least one example.

## What it means
Over an empty array the loop gives an empty list, and `jnp.stack([])` raises `ValueError`; `jax.vmap`
returns an array of shape `(0, ...)`. An accumulator stays what it starts as, the Python number `0.0`, say;
the sum of no rows is an array, and a maximum of none an error. For one example or more there is no difference.

## How it is discharged
By the inputs that are run. If your code meets empty batches and relies on what it gets, keep the loop.
"""
