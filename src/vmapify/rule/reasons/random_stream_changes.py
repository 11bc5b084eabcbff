"""The rewrite would draw other random numbers.

## What it means
The loop splits its key again in every iteration, `key, sub = jax.random.split(key)`. That chain is a
carry: the keys of `jax.random.split(key, n)` are as good, but they are other keys, so every random number
changes. Runs are no longer reproducible against older ones, and no comparison of values can show that
both versions are right.

## Example
```python
for x in xs:
    key, sub = jax.random.split(key)
    out.append(x + jax.random.normal(sub, x.shape))
```

## What you can do instead
If you accept a new stream, split once and map over keys and examples together:
```python
keys = jax.random.split(key, xs.shape[0])
out = jax.vmap(lambda sub, x: x + jax.random.normal(sub, x.shape))(keys, xs)
```
To keep the old numbers, make the chain of keys with `jax.lax.scan` and map over its result.
`jax.random.fold_in(key, i)` has no chain and gives the same numbers in a loop and under `jax.vmap`, with
the default threefry generator; the `rbg` generators promise no such thing.
"""
