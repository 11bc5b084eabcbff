"""What a proof stumbled over."""

from __future__ import annotations

from vmapify.report.wording.row import Row, Rows

ROWS: Rows = {
    "unproven": {
        "unmodelled": Row("nothing here shows all that `{name}` does (line {line})"),
        "open-world": Row("`{name}` may change anything in this file by its name (line {line})"),
        "replaced": Row("`{name}` is stored to from outside of its class or module (line {line})"),
        "rebinds": Row("a function in reach binds the name `{name}` of the module (line {line})"),
        "branch-on-row": Row("which way the code goes depends on the values of the iteration (line {line})"),
        "carried": Row("nothing proves that no iteration reads what another one leaves: `{name}` (line {line})"),
        "control-leaves": Row("the loop may be left early (line {line})"),
        "differs": Row("nothing proves that {name} comes out the same (line {line})"),
        "module-level": Row("other code may see the names of the module (line {line})"),
        "never-runs": Row("the loop has no iteration"),
        "not-a-sequence": Row("nothing proves what the loop runs over (line {line})"),
        "objects-in-lanes": Row("every iteration makes an object of its own (line {line})"),
        "open-arguments": Row("nothing here shows what `{name}` unpacks (line {line})"),
        "raises": Row("the code may raise an error (line {line})"),
        "settings": Row("the file changes settings of JAX on the way (line {line})"),
        "too-long": Row("there is too much code in reach"),
        "unbound": Row("`{name}` may have no value (line {line})"),
        "unreachable": Row("nothing proves that the loop is reached (line {line})"),
    }
}
