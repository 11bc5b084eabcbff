"""Rows and results that are no arrays of JAX, or are not shown to be any."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

AS_TREE = "if all rows hold arrays of the same shapes, stack them into one pytree with `jax.tree.map`; otherwise keep the loop"
GIVE_ARRAY = "give an array back from every iteration; a loop for its effects stays a loop"

ROWS: Rows = {
    "not-arrays": {
        "nothing-shows": Row(
            "nothing shows that `{rows}` is an array",
            "if it is one, annotate it (`jax.Array`) or make it one: `jnp.asarray({rows})`",
        ),
        "numbers-perhaps": Row(
            "nothing shows that `{name}` is an array; with a number, the rows are plain numbers",
            "if it is one, annotate it (`jax.Array`) or make it one: `jnp.asarray({name})`",
        ),
        "numbers": Row(
            "`{element}` is a plain number computed from the index; `jnp.arange` needs no loop",
            "`jnp.arange` and arithmetic on it need no loop",
        ),
        "indexed": Row(
            "`{rows}` is taken to be a JAX array because it is indexed by a traced value, and nothing shows that it is one"
        ),
        "perhaps-alike": Row(
            "`{rows}` is a {kind}, and nothing shows that its entries are arrays, or structures of arrays, of the same shapes",
            AS_TREE,
        ),
        "passed": Row("`{rows}` is a {kind} in the call on line {line}, not an array"),
        "passed-list": Row(
            "`{rows}` is a {kind} in the call on line {line}, and nothing shows that its entries have the same shapes",
            AS_TREE,
        ),
        "other-rows": Row("`{rows}` is {kind}, not an array"),
        "other-result": Row("`{element}` is a {kind}, not an array"),
        "perhaps-no-array": Row(
            "nothing shows that `{element}` is an array, so the entries of the list may be of another type", GIVE_ARRAY
        ),
        "other-leaf": Row("an iteration gives a structure that holds a {kind}", GIVE_ARRAY),
        "gives-none": Row("`{element}` gives None, not an array", GIVE_ARRAY),
        "starts-as-other": Row("{total} starts as a {kind}, not as a number or an array"),
        "used-as-container": Row("`{rows}` is used as a Python container in {where}, so it is no array"),
        "asks-row": Row("`{read}` asks a row of `{rows}` for what no array has"),
        "looked-up-by-entry": Row("`{rows}` is looked up by what it holds, as a dict is"),
        "no-such-attribute": Row("`{read}`: arrays have no attribute `{attribute}`", AS_TREE),
        "rows-have-attribute": Row(
            "`{read}`: arrays have no attribute `{attribute}`, so `{rows}` holds other objects", AS_TREE
        ),
        "compared-with-string": Row("`{test}` compares with a string, which no array holds", AS_TREE),
        "looked-up-by-string": Row("`{expression}` looks up a string, so `{rows}` does not hold arrays", AS_TREE),
        "iterates-dict": Row(
            "`{source}` iterates over a dict",
            "if the values are arrays of one shape: `jnp.stack(list(d.values()))`; otherwise keep the loop",
        ),
        "single-key": Row("`{key}` is a single key", "`jax.random.split({key}, n)` makes keys to map over"),
    },
    "numpy-semantics": {
        "indexed-by-tracer": Row("`{array}` is a NumPy array, which cannot be indexed by a traced value"),
        "adds-numpy": Row("{total} adds up NumPy arrays, which the reduction does not give"),
    },
    "no-mapped-value": {"same-results": Row("no result depends on the loop: every iteration computes the same")},
    "nothing-computed": {
        "row": Row("an iteration only takes a row, it computes nothing"),
        "row-reduced": Row("an iteration only takes a row, which `jnp.{operation}` takes up with all others"),
    },
}
