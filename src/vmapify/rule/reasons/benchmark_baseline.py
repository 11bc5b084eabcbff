"""The loop is what a faster version is timed against.

## What it means
It stands between two readings of a clock, or in a function whose name says that it is the slow one.
Rewritten, the benchmark would compare `vmap` with `vmap`.

## Example
```python
def bench_loop(xs):
    start = time.perf_counter()
    jnp.stack([f(x) for x in xs]).block_until_ready()
    return time.perf_counter() - start
```

## What you can do instead
Nothing: keep the loop.
"""
