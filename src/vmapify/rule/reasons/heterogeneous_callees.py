"""Each iteration calls a different function.

## What it means
The loop runs over functions, layers or modules, or picks the function by the item. `jax.vmap` batches one
function over many arguments; there is no one function here.

## Example
```python
features = jnp.stack([kernel(x) for kernel in (rbf, linear, periodic)])
```

## What you can do instead
For a handful of truly different functions the loop is right. If they are one function with different
parameters, such as the layers of an ensemble, stack the parameters and map over those:
```python
stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *parameters)
outputs = jax.vmap(apply, in_axes=(0, None))(stacked, x)
```
In Equinox and Flax NNX create the ensemble with `filter_vmap` or `nnx.vmap` around the constructor. To
choose among functions by an index array, `jax.lax.switch` works under `jax.vmap` but evaluates every
branch.
"""
