"""Doubts in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.domain.doubt import Doubt

# one line a code; `{name}` is what the doubt is about
MESSAGES = {
    "unmodelled": "nothing here shows all that `{name}` does",
    "open-world": "`{name}` in this file may change anything by its name",
    "replaced": "`{name}` is stored to from outside of its class or module in this file",
    "rebinds": "a function in reach rebinds the name `{name}` of the module",
    "branch-on-row": "which way the code goes depends on the values of the iteration",
    "carried": "nothing proves that no iteration reads what another one leaves (`{name}`)",
    "control-leaves": "the loop may be left early (`{name}`)",
    "differs": "nothing proves that {name} comes out the same",
    "never-runs": "the loop has no iteration",
    "module-level": "other code may see the names of the module",
    "not-a-sequence": "nothing proves what the loop runs over (`{name}`)",
    "objects-in-lanes": "every iteration makes an object of its own",
    "open-arguments": "nothing here shows what `{name}` unpacks",
    "raises": "the code may raise {name}",
    "too-long": "there is too much code in reach",
    "unbound": "`{name}` may have no value there",
    "unreachable": "nothing proves that the loop is reached",
}


def in_words(doubt: Doubt) -> str:
    """A sentence for a doubt, with the line that it is about."""
    return f"{MESSAGES[doubt.code].format(name=doubt.name)} (line {doubt.line})"
