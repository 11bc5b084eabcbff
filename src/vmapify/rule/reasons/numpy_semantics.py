"""The arrays are NumPy's, and JAX would compute something slightly else.

## What it means
NumPy computes in float64 and int64 unless told otherwise, raises on an index that is out of bounds,
changes arrays in place and promotes dtypes by its own rules. JAX computes in 32 bits by default, clamps
indices and never changes an array. Moving this loop to `jax.vmap` would change its numbers.

## Example
```python
table = np.zeros((n, 3))
for i in range(n):
    table[i] = np.linalg.solve(systems[i], b)  # float64 on the host
```

## What you can do instead
Often NumPy is already batched: `np.linalg.solve(systems, b)` needs no loop. If the work should go to the
accelerator, move it to `jax.numpy` first, on purpose, deciding on the precision
(`jax.config.update("jax_enable_x64", True)` keeps float64), and run `vmapify` on the result.
"""
