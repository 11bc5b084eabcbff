"""The result has the dtype, and the strong or weak type, that the loop produced.

## What it means
`jnp.array` and an assignment into a buffer convert what they are given; `jax.vmap` returns what the
function computes. A running total takes its dtype from what it starts as and from what is added, one by one:
`0.0` plus integers is a (weakly typed) float, and narrow integers stay narrow. `jnp.sum` adds booleans and
narrow integers up as 32-bit integers, and drops weak types. Where the two could differ the rewrite converts
explicitly, or keeps the start, or rests on what the message says.

## How it is discharged
By comparing dtype and weak type of both versions.
"""
