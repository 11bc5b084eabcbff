"""Where things stand, in the terms of a reader: lines and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Span
    from vmapify.report.model import Report
    from vmapify.source import SourceFile


def position(source: SourceFile, offset: int) -> dict[str, int]:
    """A byte offset as the contract's 1-based line and column."""
    line, column = source.line_column(offset)
    return {"line": line, "column": column}


def extent(source: SourceFile, span: Span) -> dict[str, dict[str, int]]:
    """A span as start and end position."""
    return {"start": position(source, span.start), "end": position(source, span.end)}


def ends(source: SourceFile, span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of both ends of a span."""
    return source.line_column(span.start), source.line_column(span.end)


def bounds(report: Report, finding: Finding) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of both ends of the finding's loop."""
    return ends(report.sources[finding.path], finding.loop)
