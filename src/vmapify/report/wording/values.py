"""Where Python needs the value of something that differs between iterations, or a shape depends on one."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

BOUND = "the slice bound `{bound}` changes with the loop, so its length must be known to JAX"
SHAPE = "`{call}` uses a value that changes with the loop as a shape, size, axis or order"
LENGTH = "`{call}` uses a value that changes with the loop as the length"
ONE_SHAPE = "a shape, an axis or a static argument must be the same for all rows: compute the largest and mask, or keep the loop"
NO_KEYS = "take the entries out in order before the loop and stack them, or keep the loop: a dict has no traced keys"
DROP_LATER = "compute all rows with `jax.vmap`, then drop some: `out[mask]`"
PAD = "pad to one length and pass a mask; if they have one shape, `jnp.stack` them once before the loop"
KEEP_LENGTH = "keep the length and mask: `jnp.where(mask, x, 0)`, or give `size=` where the function takes it"
IN_CHUNKS = "`jax.lax.map(f, xs, batch_size={size})` works through the rows in such chunks, the rest included"

ROWS: Rows = {
    "python-branch-on-value": {
        "decided": Row(
            "`{test}` is decided in Python on a value that differs between iterations",
            "choose on the device: `jnp.where({test}, a, b)`, or `jax.lax.cond({test}, f, g, x)` if both are expensive",
        ),
        "type-test": Row(
            "`{test}` may answer differently for a tracer",
            "test the type before the loop; a row of an array is an array",
        ),
        "ordered": Row(
            "`{function}` compares values in Python, which a tracer does not allow",
            "use the `jnp` function of that name (`jnp.maximum`, `jnp.minimum`, `jnp.sort`)",
        ),
        "membership": Row("`{test}` compares in Python"),
        "chained": Row(
            "`{test}` is a chained comparison", "write `(a < b) & (b < c)`, and `jnp.where` for what depends on it"
        ),
        "written-if": Row(
            "`{buffer}` is written only if `{test}`",
            "write every row: `{buffer}.at[{index}].set(jnp.where({test}, new, {buffer}[{index}]))`",
        ),
        "takes-up-if": Row(
            "`{total}` takes something up only if `{test}`",
            "take up nothing instead: `{total} += jnp.where({test}, value, 0)`, or the neutral value of the operation",
        ),
    },
    "value-conversion": {
        "called": Row("`{function}()` needs the value of `{argument}`, a tracer has none"),
        "method": Row("`{method}()` needs the {what}, a tracer has none"),
        "identified": Row("`{function}()` of `{argument}` is another for a tracer"),
        "makes-string": Row("`{expression}` makes a string of a value of the iteration"),
        "formatted": Row("`{value}` is made a string, which needs its value"),
    },
    "static-index": {
        "bound-of-slice": Row(
            BOUND,
            "cut pieces of a fixed length: `jax.lax.dynamic_slice_in_dim(xs, start, size)`; JAX must know how long they are",
        ),
        "bound-of-range": Row(
            "`range` needs the integer value of `{bound}`",
            "run over the longest range and mask what is too much: `jnp.where(j < n, value, 0)`",
        ),
        "bound-of-slice-object": Row("`slice` needs integer bounds"),
        "in-sequence": Row(
            "`{container}` is a Python {kind}, which a traced index cannot look up",
            "stack it once before the loop, `jnp.stack({container})`, if its entries have one shape",
        ),
        "in-dict": Row("`{container}` is a Python dict, which a traced index cannot look up", NO_KEYS),
        "key-of-container": Row("`{key}` is the key of a Python container", NO_KEYS),
        "key-of-dict": Row("`{key}` is the key of a dict", NO_KEYS),
        "looked-up-in-dict": Row("`{call}` looks up a traced value in a dict", NO_KEYS),
        "shape-argument": Row(SHAPE, ONE_SHAPE),
        "length-argument": Row(LENGTH, ONE_SHAPE),
        "integer-argument": Row("`{call}` needs the integer itself"),
        "static-argument": Row(
            "argument {argument} of `{callee}` is static for jit and changes with the loop",
            "make it an array argument of the jitted function, or keep the loop",
        ),
    },
    "ragged-shapes": {
        "bound-of-slice": Row(BOUND),
        "shape-argument": Row(SHAPE),
        "length-argument": Row(LENGTH),
        "shape-by-values": Row("the shape of `{call}` depends on the values", KEEP_LENGTH),
        "mask": Row("`{mask}` selects by a mask, so the length of the result depends on the values", KEEP_LENGTH),
        "grows-if": Row("`{list}` grows only if `{test}`, so the number of results depends on it", DROP_LATER),
        "filter-counts": Row("the filter `if {test}` makes the number of results depend on it", DROP_LATER),
        "filter-drops": Row("the filter `if {test}` drops rows", DROP_LATER),
        "grows-repeatedly": Row(
            "`{list}` grows several times in one iteration",
            "collect one array an iteration, and reshape the stacked result",
        ),
        "chunk": Row("`{chunk}` is a chunk; the last one is shorter unless `{size}` divides the length", IN_CHUNKS),
        "pieces": Row(
            "`{pieces}` are pieces that {where} splits off, and they need not have one length",
            "`jax.lax.map(f, xs, batch_size=size)` works through the rows in such chunks, the rest included",
        ),
        "leaves": Row(
            "`{rows}` are the leaves of a tree, nothing shows that they are arrays of one shape",
            "keep the loop, `jit` unrolls it once; `jax.tree.map` and `jax.flatten_util.ravel_pytree` may say it shorter",
        ),
        "sequence-of-arrays": Row("`{rows}` is a Python {kind} of arrays, nothing shows that they have one shape", PAD),
        "separate-arguments": Row(
            "`*{rows}` are separate arguments, nothing shows that they have one shape",
            "if they have, map over the stacked ones: `jax.vmap(f)(jnp.stack(xs))`; else pad them and pass a mask",
        ),
        "list-of-arrays": Row(
            "`{rows}` may as well be a list of arrays of different shapes, such as the leaves of a pytree", PAD
        ),
    },
    "random-stream-changes": {"rbg-keys": Row("`rbg` keys draw other numbers under `vmap` than one by one")},
}
