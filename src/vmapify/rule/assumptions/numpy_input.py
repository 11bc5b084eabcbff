"""What is mapped over is a NumPy array, and its rows may become JAX arrays.

## What it means
A loop over a NumPy array hands NumPy rows to the function, in NumPy's dtype. `jax.vmap` converts the
array first: float64 and int64 become 32-bit unless `jax_enable_x64` is on. A function that goes straight
to `jax.numpy` does the same conversion itself, row by row, and nothing changes.

## How it is discharged
By running both versions on arrays of the dtype that occurs in your code and comparing dtypes and values.
"""
