"""Everything that runs in lockstep has the same length.

## What it means
`zip` stops at the shortest iterable and `x[i]` for `i in range(n)` looks at the first `n` rows;
`jax.vmap` raises if the mapped axes differ in size.

## How it is discharged
By running on your inputs: a difference raises in the rewrite, which refutes it. `zip(..., strict=True)`
or one common array whose `.shape[0]` is the bound proves it statically.
"""
