"""Something that the source does not show is as a run showed it.

## What it means
The loop was open: whether a value is an array, a list of arrays of one shape or a list of pytrees of one structure, or
whether a function can be traced, is not written in the source. A run of your program came to the loop, and the rewrite is
planned for what it found there.

## How it is discharged
By running both versions on what the run found, at every arrival; made-up arguments do not count. Another program that
brings other values may need the loop: an annotation (`xs: jax.Array`) says so to readers and to this tool.
"""
