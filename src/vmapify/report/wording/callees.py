"""What an iteration calls: functions nobody can follow, functions of the host, effects."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

BY_HAND = (
    "if it computes with JAX throughout, write the `jax.vmap` and let `vmapify verify` judge it, or `jax.jit` it here"
)
WAIT_ONCE = "wait once, for the stacked result: `jax.block_until_ready(out)`"
DRAW_FIRST = "draw before the loop: `keys = jax.random.split(key, n)` and `jax.random`; the numbers become others"
ONCE = "`{callee}` is an effect: it would run once, not once an iteration"

UNKNOWN = {
    "unknown-function": Row("nothing here shows what `{callee}` is", BY_HAND),
    "unknown-method": Row("nothing here shows what `{callee}` does", BY_HAND),
    "unlisted-function": Row("nothing here shows what `{function}` gives"),
    "batching": Row(
        "whether `{function}` can be batched shows only when it runs",
        "try `jax.vmap` on it; where that fails, `jax.lax.map(f, xs)` always works",
    ),
    "one-of-several": Row("`{callee}` is one of several functions, and not all of them can be traced"),
    "only-declared": Row("`{function}` is only declared here, other classes say what it does"),
    "too-deep": Row(
        "`{function}` calls itself or goes too deep to follow",
        "write the `jax.vmap` by hand, then let `vmapify verify BEFORE AFTER` judge it",
    ),
    "own-length": Row("`{call}` asks an object that defines itself what that is"),
    "own-operator": Row("`{expression}` uses an operator that a class defines itself"),
    "own-lookup": Row("`{expression}` looks something up in an object that defines itself how"),
}

ROWS: Rows = {
    "opaque-callee": UNKNOWN
    | {
        "unknown-sink": Row(
            "nothing here shows what `{callee}` makes of the rows",
            "call `jnp.stack` (or `jnp.concatenate`) where they are arrays of JAX",
        )
    },
    "traceable-callee": {subcode: Row(f"{row.message}, but {{where}} traces it") for subcode, row in UNKNOWN.items()},
    "heterogeneous-callees": {
        "chosen": Row("`{callee}` is chosen per iteration, so every iteration may call another function"),
        "method-of-row": Row("`{callee}` is looked up in every row, so every iteration may call another function"),
        "branch-by-name": Row("`if {test}` lets every row go its own way, by a name that the row carries"),
    },
    "non-jax-callee": {
        "runs-on-host": Row("`{callee}` runs on the host and cannot take a traced value"),
        "calls-back": Row(
            "`{callee}` runs on the host and calls a function that uses `{value}`, a value of the iteration"
        ),
        "method-on-host": Row(
            "`{callee}` is a method of what `{maker}` gives: {package} runs on the host and cannot take a traced value"
        ),
        "numpy-method": Row("`{method}` is a NumPy method, it cannot take a traced value"),
        "updates-numpy": Row("`{owner}` is a NumPy array, which cannot be updated with a traced value"),
        "fills-numpy": Row(
            "`{owner}` is a NumPy array and cannot hold traced values; use `.at[…].set`",
            "make it a JAX array and write `x = x.at[i].set(value)`",
        ),
        "data-frame": Row(
            "`{expression}` looks into a table of pandas, which cannot take a traced value",
            "take the columns out as arrays before the loop: `jnp.asarray(table['x'])`",
        ),
        "unbatched-reducer": Row(
            "`{function}` cannot be batched over its initial value, or over what its function closes over"
        ),
        "cached-callee": Row("the callee is cached by its arguments, which tracers cannot be"),
        "generator": Row("`{function}` is a generator or coroutine", "give an array back instead of yielding"),
    },
    "side-effect": {
        "runs-once": Row(ONCE),
        "reads-file": Row(
            "`{callee}` reads a file: it would run once, not once an iteration",
            "read what all iterations need before the loop, as one array",
        ),
        "waits": Row(ONCE, WAIT_ONCE),
        "times": Row(ONCE, "time the whole `vmap` (with `jax.block_until_ready`), not every single row"),
        "takes-next": Row(
            ONCE,
            "take everything out before the loop: `values = [next(it) for _ in range(n)]`; keys come from `jax.random.split`",
        ),
        "draws": Row("`{callee}` is an effect: one draw would be shared by all lanes", DRAW_FIRST),
        "waits-for-row": Row("`{method}()` does not exist on a tracer", WAIT_ONCE),
        "not-on-tracers": Row("`{method}()` does not exist on a tracer"),
        "writes-into": Row("`{call}` writes into an array that outlives it"),
        "with": Row("`with {contexts}` sets something up for every single iteration", "open it once around the loop"),
        "movable-statement": Row("`{statement}` in the body", "move the statement out of the loop"),
        "declaration": Row("`{statement}` in the body"),
        "magic": Row(
            "`{magic}` is a command to IPython, and nothing is known of its effect",
            "move it out of the loop, into a cell of its own",
        ),
        # what an `unsafe` rewrite changes
        "shown-once": Row("`{callee}` would run once, not once an iteration ({where})"),
        "no-progress": Row("`{callee}` would show no progress ({where})"),
        "progress-bar": Row("the progress bar `{callee}` goes"),
    },
}
