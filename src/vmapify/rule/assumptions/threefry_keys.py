"""The random keys are threefry keys, JAX's default implementation.

## What it means
Drawing with a batch of threefry keys under `jax.vmap` gives bit for bit what drawing key by key gives. The
`rbg` and `unsafe_rbg` implementations do not: under `vmap` they draw the whole batch from the first key.

## How it is discharged
By running on your keys. Where vmapify sees `impl="rbg"`, it blocks the loop.
"""
