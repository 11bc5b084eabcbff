"""The function that is called cannot be found, and nothing nearby shows that JAX can trace it.

## What it means
It comes in as an argument or attribute, is chosen at run time, or lives in a package that is not
installed where `vmapify` looks. It may be a fine JAX function. It may also read a file.

## Example
```python
def evaluate(model, xs):
    return jnp.stack([model.score(x) for x in xs])  # what is model?
```

## What you can do instead
Give the analyser evidence: annotate the parameter with its class (`model: Ridge`), decorate the function
with `@jax.jit`, or run `vmapify` with the environment in which the package is installed (`--python`). If
you know that it can be traced, write the `jax.vmap` yourself and let `vmapify verify BEFORE AFTER` judge
it.
"""
