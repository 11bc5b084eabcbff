"""The lines a finding is about: as they stand, or as a small diff to what they would become."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from vmapify.source import apply_edits, cell_at, lines_of, moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.diagnostic import Finding
    from vmapify.report.style import Style
    from vmapify.source import SourceFile

_MOST_LINES = 14
"""Longer excerpts lose their middle."""


def excerpt(finding: Finding, source: SourceFile, style: Style) -> Iterator[str]:
    """Numbered lines; for a rewrite, those it removes and those it adds."""
    edits = dict.fromkeys(finding.edits)
    new = apply_edits(source.shown, edits) if finding.verdict == "rewrite" else None
    if not isinstance(new, bytes):
        yield from _as_it_stands(finding, source, style)
    elif not source.cells:
        yield from _changes(source.lines(), lines_of(new), style)
    else:
        yield from _changed_cells(finding, source, new, style)


def _changed_cells(finding: Finding, source: SourceFile, new: bytes, style: Style) -> Iterator[str]:
    """The changes cell by cell, under their numbers where they are several."""
    pairs = zip(source.cells, moved(source.cells, finding.edits), strict=True)
    texts = [(o.number, source.shown[o.span.start : o.span.end], new[a.span.start : a.span.end]) for o, a in pairs]
    changed = [(number, before, after) for number, before, after in texts if before != after]
    for number, before, after in changed:
        if len(changed) > 1:
            yield style.dim(f"      cell {number + 1}")
        yield from _changes(lines_of(before), lines_of(after), style)


def _as_it_stands(finding: Finding, source: SourceFile, style: Style) -> Iterator[str]:
    spans = [finding.loop, *([finding.sink] if finding.sink else [])]
    cell = cell_at(source.cells, finding.loop.start)
    first = source.place(min(span.start for span in spans)).line
    last = source.place(max(span.end for span in spans)).line
    lines = source.lines() if cell is None else lines_of(source.shown[cell.span.start : cell.span.end])
    numbers: list[int | None] = list(range(first, min(last, len(lines)) + 1))
    if len(numbers) > _MOST_LINES:
        numbers = [*numbers[: _MOST_LINES - 4], None, *numbers[-3:]]
    for number in numbers:
        text = "" if number is None else lines[number - 1]
        yield f"{style.dim(_label(number))} {style.dim('|')} {text}".rstrip()


def _changes(old: list[str], new: list[str], style: Style) -> Iterator[str]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from _unchanged(old, start + a, start + b, style)
            continue
        for number in range(start + a, start + b):
            yield f"{style.dim(_label(number + 1))} {style.red('- ' + old[number])}".rstrip()
        for text in new[start + c : start + d]:
            yield f"      {style.green('+ ' + text)}".rstrip()


def _unchanged(lines: list[str], first: int, end: int, style: Style) -> Iterator[str]:
    """A few lines between two changes; only dots for many."""
    if end - first > 3:
        yield style.dim(f"{'...':>5}")
        return
    for number in range(first, end):
        yield f"{style.dim(_label(number + 1))}   {lines[number]}".rstrip()


def _common(one: list[str], other: list[str]) -> int:
    """How many lines both begin with."""
    pairs = zip(one, other, strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _label(number: int | None) -> str:
    return f"{'...' if number is None else number:>5}"
