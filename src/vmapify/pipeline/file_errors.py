"""What kept us from analysing a file, as a line for the user."""

from __future__ import annotations

import ast
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem
from vmapify.source import decode
from vmapify.source.read import raw_bytes
from vmapify.syntax.module import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.source import SourceFile


def what_is_wrong(path: str) -> Problem | None:
    """Why the file is no Python, or cannot be read; None if it is. The analysis itself reads only what may hold a loop."""
    raw = raw_bytes(path)
    source = decode(path, raw, whole=True) if isinstance(raw, bytes) else raw
    return source if isinstance(source, Problem) else not_python(source)


def not_python(source: SourceFile) -> Problem | None:
    """Why the text is no Python, or which cell of a notebook was left out since it is none; None if all of it is."""
    try:
        parse(source.path, source.data, source.cells)
    except SyntaxError as error:
        return unparsable(source, error)
    except (RecursionError, MemoryError):
        return too_deep(source.path)
    return next(unread_cells(source), None)


def unparsable(source: SourceFile, error: SyntaxError) -> Problem:
    """What is wrong with a file that is not Python."""
    message = f"cannot be parsed: {error.msg}; mend the syntax or exclude the file"
    for cell in source.cells:
        own = _syntax_error(source.data[cell.span.start : cell.span.end])
        if own is not None:
            message = message.replace(error.msg, own.msg)
            return Problem(source.path, own.lineno, message, cell.number)
    place = source.place_of_line(error.lineno or 1)
    return Problem(source.path, place.line if error.lineno else None, message, place.cell)


def unread_cells(source: SourceFile) -> Iterator[Problem]:
    """The cells of a notebook that were left out, and why."""
    for cell in source.cells:
        error = _syntax_error(source.shown[cell.span.start : cell.span.end]) if cell.unread else None
        if error is not None:
            message = f"this cell is left out, since it cannot be parsed ({error.msg}); the other cells are analysed"
            yield Problem(source.path, error.lineno, message, cell.number, is_note=True)


def _syntax_error(text: bytes) -> SyntaxError | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error
    return None


def too_deep(path: str) -> Problem:
    """A file whose expressions are nested, or chained, more deeply than Python's stack allows to follow."""
    message = "an expression here is too deeply nested to be analysed; break it up or exclude the file"
    return Problem(path, None, message)


def internal(path: str, error: Exception) -> Problem:
    """What is wrong with the tool."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    text = " ".join(str(error).split())[:200]
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Problem(path, None, f"internal error: {what} (at {place}); the file was skipped, please report it")
