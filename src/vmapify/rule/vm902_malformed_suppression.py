"""A suppression comment cannot be understood, so it silences nothing.

## What it does
Finds comments that begin with `# vmapify:` and are neither `ignore`, `ignore[CODES]`, `ignore-file` nor
`ignore-file[CODES]`, or that name a rule which does not exist.

## Why is this bad?
Whoever wrote it believes that a loop is silenced.

## Example
```python
import jax


def doubled(xs):
    return jax.vmap(lambda x: 2 * x)(xs)  # vmapify: disable=VM101
```

## Use instead
```python
import jax


def doubled(xs):
    return jax.vmap(lambda x: 2 * x)(xs)
```

## When it is refused
Prose about the tool is left alone: only a comment with `vmapify` followed by a colon is read as a
directive.

## How it is verified
A comment changes no value: nothing is run. It is not removed for you either, because only its author
knows what it was meant to silence.
"""
