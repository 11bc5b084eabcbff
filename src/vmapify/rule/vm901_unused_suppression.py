"""A suppression comment silences nothing.

## What it does
Finds `# vmapify: ignore[...]`, `# vmapify: ignore-file[...]` and `# noqa: VM...` comments that no finding
needs.

## Why is this bad?
The loop it was written for is gone, has moved or is no longer found. The comment would silence the next
loop that is written there, and nobody would know.

## Example
```python
import jax.numpy as jnp


def mean(xs):
    return jnp.mean(xs)  # vmapify: ignore[VM101] needs the list
```

## Use instead
```python
import jax.numpy as jnp


def mean(xs):
    return jnp.mean(xs)
```

## When it is refused
A comment is reported only if every rule it names was selected in the run. A bare `# noqa` is never
reported: it speaks to other tools as well. `vmapify fix --write` removes the comment; a `# noqa` list it
leaves to you.

## How it is verified
A comment changes no value: nothing is run.
"""
