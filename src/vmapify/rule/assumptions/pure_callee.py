"""The per-example function does nothing but compute its result.

## What it means
Parts of it could not be followed. If they print, count, cache, draw from a global generator or change an
object, they do so once per example in the loop and once in all under `jax.vmap`.

## How it is discharged
By tracing the function twice and comparing, by looking for effects in the traced program, and by
comparing standard output, warnings and the arguments after both runs.
"""
