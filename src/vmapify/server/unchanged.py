"""What is still known of a text after a change: the findings outside of the definitions that it touches, moved along.

These are shown until the whole text has been looked at again, and nothing is written because of them: what a loop can become may
rest on any other line of its file.
"""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vmapify.diagnostic import Finding, Reason


@dataclass(frozen=True, slots=True)
class Changed:
    """Whole lines that differ: ``old`` became ``new``; ``lines`` are the numbers of the first and the last of the new ones.

    The text has ``grown`` by so many bytes, and by ``more_lines``; the first difference stands on the line ``begins``.
    """

    old: Span
    new: Span
    lines: tuple[int, int]
    grown: int
    more_lines: int
    begins: int

    def over(self, start: int, end: int, lines: tuple[int, int]) -> Changed:
        """The same for a larger part of the new text."""
        return dataclasses.replace(self, old=Span(start, end - self.grown), new=Span(start, end), lines=lines)


def changed(old: bytes, new: bytes) -> Changed:
    """The lines in which two texts differ."""
    head = _common(old, new)
    most = min(len(old), len(new)) - head
    tail = _common(old[::-1][:most], new[::-1][:most])
    start = max(new.rfind(b"\n", 0, head), new.rfind(b"\r", 0, head)) + 1
    found = new.find(b"\n", len(new) - tail)
    end = len(new) if found < 0 else found + 1
    grown = len(new) - len(old)
    first = _line_ends(new[:start]) + 1
    last = first + max(0, _line_ends(new[start:end].rstrip(b"\r\n")))
    more = _line_ends(new[start:end]) - _line_ends(old[start : end - grown])
    return Changed(Span(start, end - grown), Span(start, end), (first, last), grown, more, first)


def widened(change: Changed, data: bytes, tree: ast.Module) -> Changed:
    """The change with the whole of the functions and other statements that it touches."""
    touched = list(_touched(tree.body, change.lines))
    if not touched:
        return change
    first = min(change.lines[0], *(_first_line(one) for one in touched))
    last = max(change.lines[1], *(one.end_lineno or one.lineno for one in touched))
    rows = data.splitlines(keepends=True)
    start = min(change.new.start, sum(map(len, rows[: first - 1])))
    end = max(change.new.end, sum(map(len, rows[:last])))
    return change.over(start, end, (first, last))


def kept(findings: Iterable[Finding], change: Changed) -> Iterator[Finding]:
    """The findings outside of the change, where they stand now; without edits."""
    for one in findings:
        if one.loop.end <= change.old.start or one.loop.start >= change.old.end:
            yield _told_anew(one, change)


def _told_anew(finding: Finding, change: Changed) -> Finding:
    """The finding with what it names where that is now."""
    return dataclasses.replace(
        finding,
        loop=_placed(finding.loop, change),
        sink=_placed(finding.sink, change) if finding.sink is not None else None,
        reasons=tuple(_moved(one, finding.path, change) for one in finding.reasons),
        questions=tuple(
            dataclasses.replace(one, reason=_moved(one.reason, finding.path, change)) for one in finding.questions
        ),
        edits=(),
        site=None,
    )


def _placed(span: Span, change: Changed) -> Span:
    by = change.grown if span.start >= change.old.end else 0
    return Span(span.start + by, span.end + by)


def _moved(reason: Reason, path: str, change: Changed) -> Reason:
    behind = reason.path == path and reason.line >= change.begins
    return dataclasses.replace(reason, line=reason.line + change.more_lines) if behind else reason


def _touched(body: Sequence[ast.stmt], lines: tuple[int, int]) -> Iterator[ast.stmt]:
    """The statements on these lines; of a class that holds all of them only the members."""
    for one in body:
        first, last = _first_line(one), one.end_lineno or one.lineno
        if last < lines[0] or first > lines[1]:
            continue
        inside = isinstance(one, ast.ClassDef) and any(
            _first_line(member) <= lines[0] and lines[1] <= (member.end_lineno or member.lineno) for member in one.body
        )
        yield from _touched(one.body, lines) if inside and isinstance(one, ast.ClassDef) else (one,)


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    known, most = 0, min(len(one), len(other))
    while known < most:
        middle = (known + most + 1) // 2
        if one[known:middle] == other[known:middle]:
            known = middle
        else:
            most = middle - 1
    return known


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
