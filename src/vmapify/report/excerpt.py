"""The lines a finding is about: as they stand, or as a small diff to what they would become."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from vmapify.source import apply_edits, cell_at, lines_of, moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vmapify.diagnostic import Edit, Finding
    from vmapify.report.style import Style
    from vmapify.source import SourceFile

Step = tuple[str, int, int, int, int]
"""As ``difflib`` says it: what happens to which lines of the old text, and where they are in the new one."""
_MOST_LINES = 14
"""Longer excerpts lose their middle."""


def excerpt(finding: Finding, source: SourceFile, style: Style) -> Iterator[str]:
    """Numbered lines; for a rewrite, those it removes and those it adds."""
    edits = dict.fromkeys(finding.edits)
    new = apply_edits(source.shown, edits) if finding.verdict == "rewrite" else None
    if not isinstance(new, bytes):
        yield from _as_it_stands(finding, source, style)
    elif not source.cells:
        old, lines = source.lines(), lines_of(new)
        yield from _changes(old, lines, _where_edited(old, lines, source.shown, edits), style)
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
        old, lines = lines_of(before), lines_of(after)
        yield from _changes(old, lines, _where_they_differ(old, lines), style)


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


def _changes(old: list[str], new: list[str], steps: Iterable[Step], style: Style) -> Iterator[str]:
    for kind, a, b, c, d in steps:
        if kind == "equal":
            yield from _unchanged(old, a, b, style)
            continue
        for number in range(a, b):
            yield f"{style.dim(_label(number + 1))} {style.red('- ' + old[number])}".rstrip()
        for text in new[c:d]:
            yield f"      {style.green('+ ' + text)}".rstrip()


def _where_they_differ(old: list[str], new: list[str], before: int = 0, shift: int = 0) -> list[Step]:
    """How ``old`` becomes ``new``, with ``before`` lines before both, and ``shift`` more before ``new``."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    first, second = start + before, start + before + shift
    return [(kind, a + first, b + first, c + second, d + second) for kind, a, b, c, d in matcher.get_opcodes()]


def _where_edited(old: list[str], new: list[str], data: bytes, edits: Iterable[Edit]) -> list[Step]:
    """The same, looking only at the lines that edits touch."""
    steps: list[Step] = []
    shift = 0
    for first, last, more in _touched(data, edits):
        found = _where_they_differ(old[first:last], new[first + shift : last + shift + more], first, shift)
        if steps and found:
            steps.append(("equal", steps[-1][2], found[0][1], steps[-1][4], found[0][3]))
        steps += found
        shift += more
    return steps


def _touched(data: bytes, edits: Iterable[Edit]) -> list[tuple[int, int, int]]:
    """The lines that edits touch, from the first to behind the last, and how many more they become."""
    touched: list[tuple[int, int, int]] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        first, last = _line_at(data, edit.span.start), _line_at(data, edit.span.end) + 1
        more = _line_at(edit.content.encode(), len(edit.content.encode())) - (last - first - 1)
        if touched and first <= touched[-1][1]:
            first, last, more = touched[-1][0], max(last, touched[-1][1]), more + touched.pop()[2]
        touched.append((first, last, more))
    return touched


def _line_at(data: bytes, offset: int) -> int:
    """How many line ends stand before ``offset``."""
    return data.count(b"\n", 0, offset) + data.count(b"\r", 0, offset) - data.count(b"\r\n", 0, offset)


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
