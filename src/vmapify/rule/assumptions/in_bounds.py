"""Every index that the loop visits lies inside the array.

## What it means
`xs[i]` with an index outside a JAX array gives the nearest row, or counts from the end if it is negative; the slice
`xs[:n]` that takes the place of the loop just ends. `n = xs.shape[0]`, or `range(xs.shape[0] - 1)` for `xs[i + 1]`,
proves it statically.

## How it is discharged
By running on your inputs: rows that are missing change the shape, which refutes the rewrite.
"""
