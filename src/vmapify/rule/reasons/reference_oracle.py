"""The loop is the expected value of a test.

## What it means
Its result is compared with the result of a batched computation. The loop is there *because* it is the
plain, obviously right version; rewritten to `jax.vmap` the test would compare `vmap` with itself.

## Example
```python
def test_batched_solver():
    expected = jnp.stack([solve(a) for a in problems])
    np.testing.assert_allclose(solve_batched(problems), expected)
```

## What you can do instead
Nothing: keep the loop. If the test is slow, use fewer examples.
"""
