"""Both sides of a conditional expression may be computed for every row.

## What it means
`a if x > 0 else b` computes one side; `jnp.where(x > 0, a, b)` computes both and takes one. The values are the same
where both sides have one shape and dtype. A side that is not defined where it is not taken (`1 / x` at 0) still counts
in a gradient, and a side that takes long is always paid for.

## How it is discharged
By running on your inputs: values, dtypes and weak types are compared. Gradients are not.
"""
