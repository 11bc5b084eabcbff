"""The collected array has the dtype, and the strong or weak type, that the loop produced.

## What it means
`jnp.array` and an assignment into a buffer convert what they are given; `jax.vmap` returns what the
function computes. Where the two could differ the rewrite converts explicitly, to the dtype named in the
message.

## How it is discharged
By comparing dtype and weak type of both versions.
"""
