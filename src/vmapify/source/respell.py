"""Edits of a notebook's code as edits of its JSON text: only the strings that change are written anew."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from vmapify.source.cells import cell_at
from vmapify.source.document import escapes, offsets, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vmapify.diagnostic import Edit, Span
    from vmapify.source.cells import Cell, Notebook
    from vmapify.source.document import Pieces


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace the characters from ``start`` to ``end`` of the document by ``content``."""

    start: int
    end: int
    content: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A point in a cell: a character of one of its strings."""

    piece: int
    character: int


def respelled(notebook: Notebook, edits: Iterable[Edit]) -> str:
    """The document after ``edits``, each of which lies within one cell."""
    pieces: list[str] = []
    done = 0
    for splice in splices(notebook, edits):
        pieces += [notebook.text[done : splice.start], splice.content]
        done = splice.end
    return "".join([*pieces, notebook.text[done:]])


def splices(notebook: Notebook, edits: Iterable[Edit]) -> list[Splice]:
    """The changes of the document that ``edits`` of the code come to, in order."""
    by_cell: dict[int, list[Edit]] = {}
    for edit in sorted(edits, key=lambda one: one.span):
        cell = cell_at(notebook.cells, edit.span.start)
        assert cell is not None
        assert edit.span.end <= cell.span.end, "an edit reaches beyond its cell"
        by_cell.setdefault(notebook.cells.index(cell), []).append(edit)
    known = _escapes(notebook) if by_cell else {}
    return [splice for index, mine in by_cell.items() for splice in _Writer(notebook, index, known).splices(mine)]


def _escapes(notebook: Notebook) -> dict[str, str]:
    """The characters that the document writes as escapes in its code, and how."""
    found: dict[str, str] = {}
    for source in notebook.pieces:
        for piece in source.pieces:
            found |= escapes(notebook.text, piece)
    return found


def document_index(notebook: Notebook, offset: int) -> int:
    """Where in the document the character at ``offset`` of the module stands."""
    cell = cell_at(notebook.cells, offset)
    if cell is None:
        return 0
    source = notebook.pieces[notebook.cells.index(cell)]
    if not source.pieces:
        return source.start or 0
    place = _places(notebook, cell, source, offset)[0]
    return offsets(notebook.text, source.pieces[place.piece])[place.character]


def _places(notebook: Notebook, cell: Cell, source: Pieces, offset: int) -> tuple[_Place, _Place]:
    """A point as the beginning of what follows it, and as the end of what precedes it."""
    at = len(notebook.shown[cell.span.start : offset].decode("utf-8"))
    ends = list(accumulate(len(piece.text) for piece in source.pieces))
    after = next((k for k, end in enumerate(ends) if at < end), len(ends) - 1)
    before = next((k for k, end in enumerate(ends) if at <= end), len(ends) - 1)
    starts = [0, *ends]
    return _Place(after, at - starts[after]), _Place(before, at - starts[before])


class _Writer:
    """The strings of one cell, being edited."""

    def __init__(self, notebook: Notebook, index: int, known: dict[str, str]) -> None:
        self._text = notebook.text
        self._notebook, self._cell, self._source = notebook, notebook.cells[index], notebook.pieces[index]
        self._known = known
        self._ascii = notebook.text.isascii()

    def splices(self, edits: Sequence[Edit]) -> Iterator[Splice]:
        """One splice for each run of strings that the edits touch."""
        run: list[tuple[_Place, _Place, str]] = []
        for edit in edits:
            start, end = self._ends(edit.span)
            if run and run[-1][1].piece < start.piece:
                yield self._splice(run)
                run = []
            run.append((start, end, edit.content))
        yield self._splice(run)

    def _ends(self, span: Span) -> tuple[_Place, _Place]:
        start, _ = _places(self._notebook, self._cell, self._source, span.start)
        if span.start == span.end:
            return start, start
        return start, _places(self._notebook, self._cell, self._source, span.end)[1]

    def _splice(self, run: Sequence[tuple[_Place, _Place, str]]) -> Splice:
        first, last = run[0][0].piece, run[-1][1].piece
        new = self._strings(run)
        start, end = self._source.pieces[first].start, self._source.pieces[last].end
        if not new and last + 1 < len(self._source.pieces):
            end = self._source.pieces[last + 1].start
        elif not new and first:
            start = self._source.pieces[first - 1].end
        return Splice(start, end, self._separator().join(f'"{one}"' for one in new))

    def _strings(self, run: Sequence[tuple[_Place, _Place, str]]) -> list[str]:
        """The strings that replace those from the first to the last of ``run``, a line each, in the document's spelling."""
        at = _Place(run[0][0].piece, 0)
        parts: list[str] = [""]
        for start, end, content in run:
            self._keep(at, start, parts)
            first, *more = content.split("\n") if self._source.start is not None else [content]
            parts[-1] += self._spelled(first)
            for line in more:
                parts[-1] += self._spelled("\n")
                parts.append(self._spelled(line))
            at = end
        self._keep(at, _Place(at.piece, len(self._source.pieces[at.piece].text)), parts)
        found = [part for part in parts if part]
        whole = run[0][0].piece == 0 and at.piece == len(self._source.pieces) - 1
        return found or ([""] if whole else [])

    def _keep(self, start: _Place, end: _Place, parts: list[str]) -> None:
        """Take over what the document holds between two points, byte for byte."""
        for k in range(start.piece, end.piece + 1):
            piece = self._source.pieces[k]
            where = offsets(self._text, piece)
            a = start.character if k == start.piece else 0
            b = end.character if k == end.piece else len(piece.text)
            parts[-1] += self._text[where[a] : where[b]]
            if k < end.piece:
                parts.append("")

    def _spelled(self, text: str) -> str:
        return spelled(text, self._known, ascii_only=self._ascii)

    def _separator(self) -> str:
        """What stands between two strings of this cell."""
        pieces = self._source.pieces
        if len(pieces) > 1:
            return self._text[pieces[0].end : pieces[1].start]
        if self._source.start is None:
            return ""
        return "," + (self._text[self._source.start + 1 : pieces[0].start] or " ")
