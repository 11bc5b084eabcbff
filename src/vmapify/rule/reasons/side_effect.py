"""An iteration does something besides computing its result.

## What it means
It prints, logs, writes a file, updates an object, draws from a global random state, advances an iterator
or changes an argument. Under `jax.vmap` Python runs the body once for the whole batch, not once per
example, and the values it sees are tracers: the effect would happen once, with no number in it.

## Example
```python
for x in xs:
    loss = evaluate(x)
    history.append(float(loss))  # read by somebody else later
    out.append(loss)
```

## What you can do instead
Separate the two: compute all results with `jax.vmap`, then loop over them in Python for the effect.
```python
losses = jax.vmap(evaluate)(xs)
history.extend(losses.tolist())
```
For debugging output use `jax.debug.print`, which runs once per example, in no fixed order. For random
numbers use `jax.random.split(key, n)` and map over the keys.
"""
