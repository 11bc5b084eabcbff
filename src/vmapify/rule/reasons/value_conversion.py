"""A value is turned into a Python number, list or string inside the loop.

## What it means
`float(x)`, `int(x)`, `x.item()`, `x.tolist()` or a formatted string needs the number itself. Under
`jax.vmap` there is no one number but one for every example, and JAX raises `ConcretizationTypeError`. It
also makes the loop slow as it stands: every conversion waits for the device.

## Example
```python
for x in xs:
    scale = float(jnp.max(x))  # waits for the device, gives a Python number
    out.append(x / scale)
```

## What you can do instead
Leave the value an array; arithmetic does not mind.
```python
jax.vmap(lambda x: x / jnp.max(x))(xs)
```
Where Python numbers are wanted in the end, convert once, after the loop: `values.tolist()`.
"""
