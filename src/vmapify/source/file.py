"""One source file in memory, and the way from byte offsets to lines and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.source.cells import cell_at

if TYPE_CHECKING:
    from vmapify.source.cells import Cell, Notebook


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands for a reader: 1-based line and column (in Unicode characters), within a cell if any.

    ``cell`` counts all cells of a notebook from 0.
    """

    cell: int | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's Python as UTF-8 bytes without byte order mark, line ends as on disk.

    ``path`` is as the user gave it. ``newline`` is the file's first line end (``"\\n"`` if it has none);
    ``bom`` says whether the file began with a byte order mark, which ``write`` restores. The byte offsets of
    ``ast`` nodes, taken over ``data``, index into ``data``. The data of a ``notebook`` are its code cells in order.
    """

    path: str
    data: bytes
    newline: str = "\n"
    bom: bool = False
    notebook: Notebook | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The code cells of a notebook; none in a plain file."""
        return self.notebook.cells if self.notebook is not None else ()

    @property
    def shown(self) -> bytes:
        """``data`` as it is written: with the magics of a notebook instead of what stands in for them."""
        return self.notebook.shown if self.notebook is not None else self.data

    @property
    def content(self) -> bytes:
        """What the file on disk holds behind its byte order mark."""
        return self.notebook.text.encode("utf-8") if self.notebook is not None else self.data

    def line_column(self, offset: int) -> tuple[int, int]:
        """1-based line and 1-based column, in Unicode characters, of a byte offset into ``data``."""
        return _line_column(self.shown, offset)

    def place(self, offset: int) -> Place:
        """Line and column as a reader counts them: in a notebook, within the cell."""
        cell = cell_at(self.cells, offset)
        if cell is None:
            return Place(None, *self.line_column(offset))
        return Place(cell.number, *_line_column(self.shown[cell.span.start :], offset - cell.span.start))

    def place_of_line(self, line: int) -> Place:
        """Where a reader finds a line of ``data``."""
        return self.place(sum(map(len, self.data.splitlines(keepends=True)[: line - 1])))

    def lines(self) -> list[str]:
        """The text's lines without their ends, as Python counts lines (a form feed ends none)."""
        return lines_of(self.shown)


def lines_of(text: bytes) -> list[str]:
    """The lines of ``text`` without their ends, as Python counts lines."""
    return text.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _line_column(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    return line, len(before[start:].decode("utf-8", errors="replace")) + 1
