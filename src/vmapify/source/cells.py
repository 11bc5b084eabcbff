"""Cells: stretches of a notebook's code, which is read as one module made of all of them."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.source.magics import Magic, is_python, left_out, masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vmapify.source.document import Pieces

GAP = b"\n"
"""What stands between two cells where they are read as one module."""
_HEADER = b"if 1:\n"
"""Put before a cell that is indented as a whole, which IPython runs and Python does not."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell. ``number`` counts all cells of the notebook from 0; ``span`` is its text in the module.

    ``timed``: the cell is run by ``%%timeit``, so its names are its own. ``fails``: it is tagged as raising. ``unread``: it is
    no Python, such as an exercise with an empty body, and was left out.
    """

    number: int
    span: Span
    magics: tuple[Magic, ...] = ()
    timed: bool = False
    fails: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a ``SourceFile`` knows of the notebook it comes from.

    ``text`` is the JSON document, ``shown`` the module with IPython's syntax as it is written there, ``cells`` and
    ``pieces`` are the code cells and where their sources stand in the document.
    """

    text: str
    shown: bytes
    cells: tuple[Cell, ...]
    pieces: tuple[Pieces, ...]


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A Python cell as the document has it: its number, its source, and whether it is tagged ``raises-exception``."""

    number: int
    source: Pieces
    fails: bool


def joined(text: str, code: Iterable[CodeCell]) -> tuple[bytes, Notebook]:
    """The module that code cells make together, as Python reads it, and the notebook around it.

    The cells that are no Python by themselves are left out: no kernel would run them either.
    """
    data: list[bytes] = []
    shown: list[bytes] = []
    cells: list[Cell] = []
    pieces: list[Pieces] = []
    at = 0
    for one in code:
        raw = one.source.text.encode("utf-8")
        found = masked(raw)
        header = _HEADER if _is_indented(raw) else b""
        unread = _is_unread(header + found.data)
        if unread:
            header, found = b"", left_out(raw)
        at += len(header)
        magics = tuple(dataclasses.replace(magic, span=_shifted(magic.span, at)) for magic in found.magics)
        cells.append(Cell(one.number, Span(at, at + len(raw)), magics, found.timed, one.fails, unread))
        pieces.append(one.source)
        data += [header, found.data, GAP]
        shown += [header, raw, GAP]
        at += len(raw) + len(GAP)
    return b"".join(data), Notebook(text, b"".join(shown), tuple(cells), tuple(pieces))


def _is_unread(code: bytes) -> bool:
    """Whether ``code`` is certainly no Python. What is too deep to tell, and NUL bytes, are for others to complain of."""
    try:
        return b"\0" not in code and not is_python(code)
    except (RecursionError, MemoryError):
        return False


def _is_indented(raw: bytes) -> bool:
    first = next((line for line in raw.split(b"\n") if line.strip() and not line.lstrip().startswith(b"#")), b"")
    return first[:1] in (b" ", b"\t")


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def cell_at(cells: Sequence[Cell], offset: int) -> Cell | None:
    """The cell that holds ``offset`` (its end included); None in a plain file and between cells."""
    index = bisect_right(cells, offset, key=lambda cell: cell.span.start) - 1
    return cells[index] if index >= 0 and offset <= cells[index].span.end else None


def within_cell(cells: Sequence[Cell], data: bytes, edit: Edit) -> Edit:
    """``edit`` without the line end between two cells, which no notebook holds.

    Where the last line of a cell goes, so does the line end before it.
    """
    cell = cell_at(cells, edit.span.start)
    if cell is None or edit.span.end <= cell.span.end:
        return edit
    start, content = edit.span.start, edit.content.removesuffix("\n").removesuffix("\r")
    if not edit.content and start > cell.span.start and data[start - 1 : start] == b"\n":
        start -= 2 if data[start - 2 : start] == b"\r\n" else 1
    return Edit(Span(start, cell.span.end), content)


def moved(cells: Sequence[Cell], edits: Iterable[Edit]) -> tuple[Cell, ...]:
    """Where the cells stand once ``edits``, each within one of them, are made."""
    grown = [(edit.span, len(edit.content.encode("utf-8")) - (edit.span.end - edit.span.start)) for edit in edits]

    def start(offset: int) -> int:
        return offset + sum(more for span, more in grown if span.end <= offset and span.start < offset)

    def end(offset: int) -> int:
        return offset + sum(more for span, more in grown if span.end <= offset)

    return tuple(
        dataclasses.replace(
            cell,
            span=Span(start(cell.span.start), end(cell.span.end)),
            magics=tuple(
                dataclasses.replace(one, span=Span(end(one.span.start), end(one.span.end))) for one in cell.magics
            ),
        )
        for cell in cells
    )
