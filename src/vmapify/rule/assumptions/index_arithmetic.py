"""Arithmetic on the loop index gives the same numbers on the device.

## What it means
In the loop the index is a Python integer, so `i / 3` is computed in 64 bits on the host and `i ** 10`
never overflows. Under `jax.vmap` it is a 32-bit integer on the device.

## How it is discharged
By running both versions over the real range of the index. Only the trip counts that were run are vouched
for.
"""
