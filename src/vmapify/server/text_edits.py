"""The way from one text to another as edits of whole lines."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from vmapify.server.positions import lines_with_ends, width

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replace what stands between two places (line and column) by ``text``."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def line_edits(old: str, new: str, encoding: str) -> list[LineEdit]:
    """The edits that make ``new`` of ``old``, in order, none touching another; line ends are text like any other."""
    before, after = lines_with_ends(old), lines_with_ends(new)
    same = _same(before, after)
    end = min(len(before), len(after)) - same
    tail = _same(before[::-1][:end], after[::-1][:end])
    middle = before[same : len(before) - tail], after[same : len(after) - tail]
    return [
        LineEdit(
            _at(before, same + start, encoding),
            _at(before, same + stop, encoding),
            "".join(middle[1][first:last]),
        )
        for kind, start, stop, first, last in SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def _same(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines are the same from the beginning on."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((count for count, (one, other) in pairs if one != other), min(len(before), len(after)))


def _at(lines: Sequence[str], line: int, encoding: str) -> tuple[int, int]:
    """Where a line begins; behind the last one, if that has no end, its end."""
    if line < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return line, 0
    return line - 1, width(lines[-1], encoding)
