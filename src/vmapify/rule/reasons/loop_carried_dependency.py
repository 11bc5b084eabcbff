"""An iteration reads what an earlier iteration wrote.

## What it means
The value a name holds at the start of an iteration was left there by an iteration before. `jax.vmap` runs
all examples as if at the same time, so there is no "before": every example would start from the initial
value. Keys that are split in the loop and then split again are a carry, too (see
`random-stream-changes`).

## Example
```python
def simulate(x, forces):
    path = []
    for force in forces:
        x = 0.9 * x + force  # reads the x of the iteration before
        path.append(x)
    return jnp.stack(path)
```

## What you can do instead
Write the carry down with `jax.lax.scan`: it is compiled once, whatever the number of steps.
```python
def simulate(x, forces):
    def step(x, force):
        x = 0.9 * x + force
        return x, x

    return jax.lax.scan(step, x, forces)[1]
```
If the recurrence is associative (running sums, products, linear recurrences), `jnp.cumsum` and friends or
`jax.lax.associative_scan` run it in parallel. If only part of the body is carried, compute the rest
before the loop with `jax.vmap` and scan over its results. To run many simulations at once, `jax.vmap` the
scan.
"""
