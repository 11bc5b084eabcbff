"""How the results are collected: lists and buffers, who else reads them, and loops no rewrite is spelled for."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

UNPACK = "unpack in the loop header: `for i, x in enumerate(xs):`"
STACK_TOO = "stack it, too, if its rows are arrays of one shape; otherwise keep the loop"
JOIN = "`jnp.concatenate([jnp.stack({list}), rows])`"
MAKE_EMPTY = f"make an empty list right before the loop, and join what there was before: {JOIN}"
READ_STACKED = "read the stacked array instead"
UP_ONCE = "add up within the iteration first, then take that up once"

ROWS: Rows = {
    "results-used-elsewhere": {
        "never-stacked": Row("the list `{list}` is never stacked", STACK_TOO),
        "lists-never-stacked": Row("the lists in `{table}` are never stacked", STACK_TOO),
        "used-as-list": Row("`{list}` is also used as a list, here: `{statement}`"),
        "changed-first": Row(
            "`{list}` is cut, joined or put into another order before `{call}` stacks it",
            "stack all of `{list}` first, then slice or join the array",
        ),
        "read-by-cell": Row("cell {cell} reads the list `{list}`, and may do so again after this cell was run"),
        "read-by-magic": Row("`{magic}` reads what the loop makes"),
        "last-value": Row(
            "`{name}` keeps its value of the last iteration, which {where} reads",
            "give it back from every iteration, too, and read the last one: `{name}[-1]` of the stacked array",
        ),
        "declared-outer": Row(
            "`{name}` is global or nonlocal, so others see what the loop leaves",
            "return the result and let the caller store it",
        ),
        "sees-variables": Row("`{look}` may see every variable that the loop leaves", "pass on what it needs by name"),
        "exported": Row(
            "`__all__` lists `{name}`, which the rewrite does not leave as it is",
            "take `{name}` off `__all__` if nobody needs it",
        ),
        "exported-perhaps": Row(
            "`__all__` is put together, so it may list `{name}`, which the rewrite does not leave as it is",
            "write `__all__` as one list of names",
        ),
        "read-by-text": Row("text that is run reads `{name}`, which the rewrite does not leave as it is", READ_STACKED),
        "read-elsewhere": Row("`{line}` reads `{name}`, which the rewrite does not leave as it is", READ_STACKED),
        "imported": Row(
            "`{line}` reads `{name}`, which the rewrite does not leave as it is",
            "take the stacked array there, too, or give the module the name again behind the loop",
        ),
    },
    "prefilled-list": {
        "no-empty-lists": Row("`{table}` is not a dict of empty lists made just before the loop"),
        "not-empty": Row(
            "`{list}` does not start as an empty list: `{statement}`",
            f"stack the rows of the loop alone, then join: {JOIN}",
        ),
        "used-before": Row(
            "`{list}` is used between where it is made and the loop: `{statement}`",
            f"make the list right before the loop; if it has entries by then, join them: {JOIN}",
        ),
        "from-caller": Row("`{list}` comes from the caller, so it may hold entries when the loop starts", MAKE_EMPTY),
        "made-elsewhere": Row(
            "`{list}` is not made in the block of the loop, so it may hold entries when the loop starts", MAKE_EMPTY
        ),
    },
    "unsupported-shape": {
        "uneven-lists": Row("not every list in `{table}` grows by one entry an iteration"),
        "grows-in-branches": Row(
            "`{list}` grows in every branch of `if {test}`, each time by something else",
            "choose first and append once: `jnp.where({test}, a, b)`",
        ),
        "written-if-constant": Row(
            "`{buffer}` is written inside `if {test}`, which is the same for every iteration",
            "move the `if` out of the loop",
        ),
        "written-repeatedly": Row(
            "`{buffer}` is written {times} times an iteration",
            "put the parts of a row together first and write it once",
        ),
        "written-elsewhere": Row(
            "`{buffer}` is written at `{index}`, which is not one row an iteration",
            "compute all values with `jax.vmap`, then write them at once: "
            "`{buffer} = {buffer}.at[indices].set(values)` (or `.add`)",
        ),
        "other-update": Row("`{buffer}` is changed by `.{method}`, one row in its own terms"),
        "repeated-key": Row("a key of `{dict}` may come twice: `{key}`"),
        "wraps-around": Row("`{read}` wraps around to the last row"),
        "takes-up-repeatedly": Row("`{total}` takes something up several times in one iteration", UP_ONCE),
        "takes-up-several": Row("`{total}` takes something up {times} times in one iteration", UP_ONCE),
        "adds-booleans": Row("{total} adds booleans to a boolean, which is a logical operation"),
        "combines-bits": Row("{total} combines the bits of integers, which `jnp.{operation}` does not"),
        "own-axis": Row(
            "`{element}` is a {kind}, whose entries `{collector}` makes an axis of their own",
            "stack the entries first: `jnp.stack(row)`",
        ),
        "unknown-entries": Row("nothing shows how many entries `zip(*…)` finds"),
        "unknown-parts": Row("nothing shows what `{element}` gives, so its parts cannot be told apart"),
        "target-of-range": Row("the loop target of `range` is not a plain name", UNPACK),
        "pairs-of-enumerate": Row("the pairs of `enumerate` are not unpacked", UNPACK),
        "tuples-of-zip": Row("the tuples of `zip` are not unpacked", UNPACK),
        "reversed-range": Row(
            "`reversed` of an index range",
            "run over the range forwards and turn the stacked array round: `out[::-1]`",
        ),
        "class-body": Row(
            "a function in a class body does not see the names of the class", "move the loop into a function or method"
        ),
        "in-f-string": Row("the loop stands inside an f-string"),
        "binds-twice": Row("the loop binds one name twice"),
        # the loop may be mapped, but nothing here writes the rewrite
        "several-levels": Row("several loop levels are rewritten only where each has one clear spelling"),
        "no-counterpart": Row("this way of collecting has no exact counterpart in `vmap`"),
        "one-line": Row("several of the statements that change stand on one line"),
        "no-room": Row("the spelling of this loop leaves no room for the rewrite"),
        "loses-name": Row("`{name}` would have no value after the rewrite"),
        "loses-comment": Row("the comment `{comment}` would be lost"),
        "page-does-not-parse": Row("the rewritten statements do not parse: {objection}"),
        "page-does-not-compile": Row("the rewritten statements do not compile: {objection}"),
        "page-prints-otherwise": Row("the rewritten statements do not print as they were written"),
        "jax-imported-here": Row(
            "`jax` is imported inside of the function or more than once, so that it is not certain what `jax.vmap` is here",
            "import it once, at the top of the file: `import jax`",
        ),
        "jax-is-another": Row("`jax` is another thing here, so `jax.vmap` cannot be written", "give that another name"),
        "indented-cell": Row("the cell is indented as a whole", "take the indentation away"),
        "other-cell": Row(
            "the rewrite would reach into another cell, which may be run again by itself",
            "bring the loop and what belongs to it together",
        ),
        "other-output": Row("the cell would show something else as its output", "end the cell with what it is to show"),
    },
}
