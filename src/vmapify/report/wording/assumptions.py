"""What a rewrite rests on."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

ROWS: Rows = {
    "array-like": {
        "rows": Row("`{rows}` is an array, nothing here proves it"),
        "integers": Row("`{rows}` is an array of integers, nothing here proves it"),
        "indexed": Row("`{rows}` is taken to be a JAX array because it is indexed by a traced value"),
        "leaves": Row("`{tree}` has JAX arrays as leaves"),
        "start": Row("{total} is a number or an array before the loop, nothing here proves it"),
    },
    "both-sides": {"choice": Row("both sides of the choice by `{test}` may be computed for every row")},
    "distinct-indices": {"rows": Row("no row of `{buffer}` is written twice")},
    "equal-lengths": {
        "zipped": Row("`{one}` and `{other}` have the same length"),
        "ranges": Row("the ranges that are zipped have the same length"),
        "rows-of-range": Row("`{rows}` has as many rows as the range that it is zipped with"),
        "rows-of-loop": Row("`{rows}` has {count} rows, as many as the loop has iterations"),
        "leaves": Row("the leaves of `{tree}` have {count} rows, as many as the loop has iterations"),
    },
    "in-bounds": {
        "rows-read": Row("`{rows}` has the rows {first} to {end} (JAX clamps an index outside, a slice ends)"),
        "rows-written": Row(
            "`{buffer}` has the rows {first} to {end} (JAX drops what is written outside, a slice ends)"
        ),
        "window": Row("`{window}` lies inside of the array (a slice ends there, `dynamic_slice` moves back)"),
    },
    "index-arithmetic": {
        "power": Row("a power with the index is another operation for an array"),
        "width": Row("index arithmetic is done in 64 bits on the host by the loop, in 32 bits on the device by `vmap`"),
        "promotion": Row(
            "`{function}` of the index gives another dtype or weak type for an array than for a Python integer"
        ),
    },
    "no-override": {"methods": Row("no subclass elsewhere overrides {methods}")},
    "item-rank": {
        "single-values": Row("each value that {total} takes up is a single one"),
        "matrix": Row("`{rows}` is a matrix, so that the rows of its transpose are its columns"),
    },
    "shown-by-run": {
        "value": Row("`{name}` is what {arrivals} arrivals of a run found: {seen}"),
        "traceable-callee": Row("`{name}` can be traced and is free of effects, as when both versions were run"),
        "path-taken": Row("no iteration takes a path that could not be traced, as when both versions were run"),
    },
    "module-names": {
        "imported-name": Row("no other module imports {name}, which the rewrite does not leave as it is"),
        "imported-names": Row("no other module imports {names}, which the rewrite does not leave as they are"),
    },
    "no-nan": {
        "compared": Row("no value that `{operation}` compares is NaN (Python skips it or not, depending on the order)")
    },
    "nonempty": {
        "stacks": Row("the loop runs at least once (stacking an empty list fails, vmap gives an empty array)"),
        "error-without-rows": Row("there is at least one row (of none, {total} is an error in the loop)"),
        "start-without-rows": Row(
            "the loop runs at least once (otherwise {total} stays what it starts as, of whatever type)"
        ),
    },
    "stored-values": {
        "numbers": Row("no value that an iteration stores in an object is used as a Python number later")
    },
    "numpy-input": {"rows": Row("`{rows}` is a NumPy array: its rows become JAX arrays (32-bit unless x64 is on)")},
    "number-input": {
        "rows": Row("`{rows}` holds Python numbers: its rows become JAX arrays, which have a dtype of their own")
    },
    "output-dtype": {
        "one-type": Row("`{rows}` collects arrays of one shape and dtype"),
        "type-of-buffer": Row("the rows of `{rows}` have the shape and dtype that it has now"),
        "index-widens": Row(
            "the index becomes an int32 array, to which an array of a narrower integer type is widened"
        ),
        "structure-of-start": Row("what {total} takes up has its structure, shapes and dtypes"),
        "type-of-start": Row("what {total} takes up has the shape and dtype that it starts with"),
        "booleans": Row("what {total} takes up are booleans"),
        "narrow-integers": Row(
            "what {total} takes up are 32-bit integers (JAX widens narrower ones before it adds them)"
        ),
        "strong-type": Row("that {total} becomes strongly typed does not matter (reductions drop weak types)"),
        "floating-dtype": Row(
            "what {total} takes up has a floating-point dtype (reductions widen booleans and narrow integers)"
        ),
        "converted-integers": Row("what {total} takes up are integers or booleans"),
        "converted-floats": Row("what {total} takes up are floating-point numbers"),
    },
    "reassociation": {"rounding": Row("{total} is {done} in another order, which changes the rounding")},
    "threefry-keys": {"default": Row("keys are threefry, JAX's default (rbg keys draw differently under `vmap`)")},
}
