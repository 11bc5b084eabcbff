"""None of the values that Python's `max` or `min` compares is NaN.

## What it means
`max(a, b)` keeps the first of two values unless the second compares greater, and nothing compares greater
than NaN or less: whether a NaN survives depends on where it stands. `jnp.max` gives NaN if there is one
anywhere. Nor do they agree on which of `0.0` and `-0.0` is the greater one.

## How it is discharged
By the inputs that are run. If NaN stands for a missing value in your data, keep the loop, or use `jnp.nanmax`.
"""
