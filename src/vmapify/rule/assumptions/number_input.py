"""What is mapped over holds Python numbers, which become the rows of a JAX array.

## What it means
A Python number takes the dtype of the array that it meets; a row of `jnp.asarray(numbers)` has one of its own (float32 or
int32 unless x64 is on). Values differ where the number does not fit into that, dtypes where the result is made of numbers
alone or meets a narrower array.

## How it is discharged
By running both versions and comparing values and dtypes.
"""
