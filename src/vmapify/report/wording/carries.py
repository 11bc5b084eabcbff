"""What goes from one iteration to the next, and what ends the loop or an iteration early."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

GIVE_BACK = "give the new value back from the iteration and make it a carry: `jax.lax.scan(step, state, xs)`"
BUILD = (
    "give the values back from the iteration and build `{owner}` from the stacked result; "
    "as a state, carry it: `jax.lax.scan`"
)
CHECK = "check all rows at once before or after the loop, or use `jax.experimental.checkify`"

ROWS: Rows = {
    "loop-carried-dependency": {
        "carry": Row(
            "`{name}` is read before it is written in an iteration: it carries a value from the iteration before"
        ),
        "reads-own-results": Row("`{name}` is read in the loop that fills it, so an iteration sees earlier ones"),
        "named-expression": Row("`{name}` keeps what `:=` gives it in one iteration for the next, and for {where}"),
        "meeting-rows": Row(
            "`{buffer}[{index}]` goes on from what it was: two iterations that meet there build on each other",
            "`{buffer}.at[indices].add(values)` adds up whatever falls on one place, for all iterations at once",
        ),
        "row-written-twice": Row("row {row} of `{buffer}` is written more than once"),
        "outer-variable": Row("`{statement}` writes a variable that outlives the call", GIVE_BACK),
        "writes-attribute": Row("`{owner}` is written, and the object outlives the iteration", GIVE_BACK),
        "grows-in-place": Row("`{owner}` grows in place and outlives the iteration", BUILD),
        "changes-in-place": Row("`{owner}` is changed in place and outlives the iteration", BUILD),
        "method-changes": Row("`{owner}.{method}(…)` changes `{owner}`, which outlives the iteration", BUILD),
    },
    "early-exit": {
        "break": Row(
            "`break` ends the loop early",
            "`jax.lax.while_loop` stops early; otherwise compute all rows and mask what comes after",
        ),
        "continue": Row(
            "`continue` skips the rest of an iteration",
            "compute all rows and choose: `jnp.where(skip, neutral, value)`",
        ),
        "return": Row("`return` leaves the loop early"),
        "raise": Row("`raise` may leave the loop early", CHECK),
        "raises-on-value": Row("`if {test}` raises, or does not, depending on the values of the iteration", CHECK),
        "else": Row("the loop has an `else` clause"),
        "try": Row("`try` handles the failure of a single iteration"),
        "grows-inside": Row("`{list}` grows inside `{statement}`"),
        "takes-up-inside": Row("`{total}` takes something up inside `{statement}`"),
        "hands-over-control": Row("the body hands control to its caller (`await`, `yield`)"),
    },
    "zip-lengths": {"different": Row("`{one}` and `{other}` have different lengths")},
    "aliasing": {"donates": Row("`{callee}` donates an argument: under `vmap` it would delete the whole batch")},
}
