"""The loop runs inside a Pallas kernel.

## What it means
The body of a kernel is compiled by Mosaic or Triton, not by XLA. They know few batched operations (a batched `dot` is none of
them), and a short loop over constants is unrolled there at no cost. The loop stands in a function that is passed to
`pallas_call`, or that only such functions call.

## Example
```python
def kernel(x_ref, o_ref):
    acc = jnp.zeros((8, 8), jnp.int32)
    for shift in range(0, 32, 8):
        acc += jnp.dot(x_ref[...], x_ref[...] >> shift)
    o_ref[...] = acc
```

## What you can do instead
Keep it. To run the kernel on many examples use its grid, or `jax.vmap` around the call of `pallas_call`.
"""
