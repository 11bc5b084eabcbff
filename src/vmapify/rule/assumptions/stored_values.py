"""What an iteration stores in objects of its own is not used as a Python value later.

## What it means
As far as calls and names could be followed, no result depends on the example. But a value of the iteration
was stored in an object that may have another name, as `box.put(x)` does, so a result may depend on it after
all. `jax.vmap` gives the same either way, unless the value is converted or branched on where it is read.

## How it is discharged
By tracing and running both versions: a conversion or a branch raises, and the rewrite is refuted. Returning
the value instead of storing it proves it.
"""
