"""Doubts: what a proof failed at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a rewrite is not proven.

    ``code`` says of which kind it is (a row of `report.wording.doubts`), ``name`` what it is about (a callee, an attribute, a
    variable), ``path`` and ``line`` where.
    """

    code: str
    name: str
    path: str
    line: int


class Unproven(Exception):  # noqa: N818 - it is no error that a proof ends
    """The proof ends here: raised by any part of the interpreter, caught where a proof begins."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.code, doubt.name)
        self.doubt = doubt
