"""No row of the buffer is written twice.

## What it means
`for i in order: out = out.at[i].set(f(out[i]))` applies `f` once for every time that `i` stands in `order`, each time to
what the last one left; `out.at[order].set(…)` reads all rows first. With a permutation, or any indices that differ, the
two are the same.

## How it is discharged
By running on your inputs: a row that is written twice differs, unless `f` gives the same both times.
"""
