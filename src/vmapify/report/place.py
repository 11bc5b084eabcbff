"""Where things stand, in the terms of a reader: lines and columns, in a notebook within the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.visible import visible_name

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem, Span
    from vmapify.report.model import Report
    from vmapify.source import SourceFile


def position(source: SourceFile, offset: int) -> dict[str, int]:
    """A byte offset as the contract's 1-based line and column."""
    place = source.place(offset)
    return {"line": place.line, "column": place.column}


def extent(source: SourceFile, span: Span) -> dict[str, dict[str, int]]:
    """A span as start and end position."""
    return {"start": position(source, span.start), "end": position(source, span.end)}


def bounds(report: Report, finding: Finding) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of both ends of the finding's loop."""
    source = report.sources[finding.path]
    start, end = source.place(finding.loop.start), source.place(finding.loop.end)
    return (start.line, start.column), (end.line, end.column)


def on_disk(source: SourceFile, span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of both ends of a span in the file itself: for a notebook, in its JSON text."""
    if source.notebook is None:
        return source.line_column(span.start), source.line_column(span.end)
    from vmapify.source.respell import document_index  # noqa: PLC0415 - only notebooks are spelled twice

    text = source.notebook.text
    return in_text(text, document_index(source.notebook, span.start)), in_text(
        text, document_index(source.notebook, span.end)
    )


def in_text(text: str, index: int) -> tuple[int, int]:
    """1-based line and column of a character."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def spot(path: str, cell: int | None, line: int | None, column: int | None = None) -> str:
    """``path:line:column``, in a notebook ``path:cell 3:line:column``; cells are counted from 1 for people."""
    parts = [visible_name(path), None if cell is None else f"cell {cell + 1}", line, column]
    return ":".join(str(part) for part in parts if part is not None)


def in_cell(cell: int | None, line: int | None) -> str:
    """``cell 3, line 12: `` for formats that point into the file itself; nothing outside notebooks."""
    return "" if cell is None else f"cell {cell + 1}, line {line}: "


def spot_of(problem: Problem) -> str:
    """Where a problem is."""
    return spot(problem.path, problem.cell, problem.line)
