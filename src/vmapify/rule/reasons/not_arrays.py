"""What the loop runs over, or what it collects, is not an array of JAX.

## What it means
The items are strings, file names, dictionaries, dates, configuration objects or Python objects that JAX
does not know as pytrees, or the collected results are. There is nothing to give a batch axis to.

## Example
```python
images = jnp.stack([load(name) for name in sorted(names)])
```

## What you can do instead
Loading and parsing stay a loop. If a computation follows the loading, move it behind the stack, where it
can be mapped: `jax.vmap(preprocess)(images)`. If the items are objects of your own that hold arrays,
register the class as a pytree (`jax.tree_util.register_dataclass`, Equinox, Flax), stack the objects leaf
by leaf, and map over the result.
"""
