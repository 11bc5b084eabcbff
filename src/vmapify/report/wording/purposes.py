"""Loops that are there on purpose, and comments of ours that are not right."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

ROWS: Rows = {
    "reference-oracle": {
        "compared": Row("the loop is the reference that {where} compares with"),
        "compared-with-vmap": Row("{where} compares the loop with `vmap` of what it calls"),
        "kept-for-tests": Row("the loop makes `{name}`, which the tests of the class compare with"),
    },
    "benchmark-baseline": {
        "measures": Row("`{function}` measures something; the loop may be what it measures"),
        "timed-beside": Row(
            "`{function}` is timed beside a batched version; the loop may be what that is measured against"
        ),
        "timed-cell": Row(
            "the cell is timed by `%%timeit`; the loop may be what it measures", "leave it, or time a copy"
        ),
        "timed-statement": Row(
            "the statement is timed by `%time`; the loop may be what it measures", "leave it, or take `%time` away"
        ),
    },
    "kernel-body": {"pallas": Row("the loop runs inside the Pallas kernel `{kernel}`")},
    "memory-bound": {
        "says-so": Row("line {line} says that the loop saves memory; `jax.vmap` holds what all rows need at once"),
        "sections": Row("each iteration takes `{size}` rows, and all are joined again: sections bound the memory"),
    },
    "malformed-suppression": {
        "no-effect": Row("suppression comment has no effect: {error}", "mend the comment or remove it")
    },
    "unused-suppression": {
        "in-file": Row("`{comment}` silences nothing in this file", "remove the comment (`vmapify fix --write` does)"),
        "on-line": Row("`{comment}` silences nothing on this line", "remove the comment (`vmapify fix --write` does)"),
    },
}
