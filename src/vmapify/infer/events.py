"""Events: what the abstract evaluation of a loop body ran into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vmapify.diagnostic.details import mention

if TYPE_CHECKING:
    import ast

    from vmapify.diagnostic.details import Mention, Mentions

Grade = Literal["fatal", "observed", "unknown"]
"""``fatal``: tracing fails or the result would be wrong. ``observed``: values stay right, something visible
changes. ``unknown``: it cannot be decided here, running both versions can."""


@dataclass(frozen=True, slots=True)
class Event:
    """One obstacle at ``node``, with the line that proves it (possibly in the file of a callee).

    ``subcode`` says which of the things it is that ``code`` stands for, and ``mentions`` whom and what it is about.
    ``certain``: the iteration comes to it, and with a value of the iteration, as far as the source shows; in a callee that
    is followed there may be a branch that this call does not take, or a value of which nothing is known.
    """

    grade: Grade
    code: str
    subcode: str
    node: ast.AST
    path: str
    line: int
    mentions: Mentions = ()
    certain: bool = True

    def about(self, name: str) -> Mention | None:
        """What it mentions under ``name``; None if nothing."""
        return mention(self.mentions, name)
