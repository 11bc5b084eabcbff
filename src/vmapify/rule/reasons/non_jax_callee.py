"""The loop calls code that JAX cannot trace.

## What it means
Somewhere below the call an array leaves JAX: `np.asarray`, `float(x)`, `.item()`, SciPy, Numba, pandas, a
C extension. Such code wants numbers; under `jax.vmap` it would get a tracer and raise, or, worse, work on
the batch as if it were one example.

## Example
```python
from scipy.integrate import quad


def norms(widths):
    return jnp.array([quad(lambda t: np.exp(-t * t / w), 0, 1)[0] for w in widths])
```

## What you can do instead
Look for the JAX version: `jax.numpy` for NumPy, `jax.scipy` for parts of SciPy, `diffrax`, `optimistix`
or `quadax` for solvers and quadrature. If the call has to stay,
`jax.pure_callback(f, shape, x, vmap_method="sequential")` makes it usable under `jax.vmap`; it is still
called once per example.
"""
