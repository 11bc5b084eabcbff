"""Events: what the abstract evaluation of a loop body ran into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["fatal", "observed", "unknown"]
"""``fatal``: tracing fails or the result would be wrong. ``observed``: values stay right, something visible
changes. ``unknown``: it cannot be decided here, running both versions can."""


@dataclass(frozen=True, slots=True)
class Event:
    """One obstacle, with the line that proves it (possibly in the file of a callee)."""

    grade: Grade
    code: str
    message: str
    path: str
    line: int
