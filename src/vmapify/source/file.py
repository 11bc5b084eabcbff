"""One source file in memory, and the way from byte offsets to lines and columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text as UTF-8 bytes without byte order mark, line ends as on disk.

    ``path`` is as the user gave it. ``newline`` is the file's first line end (``"\\n"`` if it has none);
    ``bom`` says whether the file began with a byte order mark, which ``write`` restores. The byte offsets of
    ``ast`` nodes, taken over ``data``, index into ``data``.
    """

    path: str
    data: bytes
    newline: str = "\n"
    bom: bool = False

    def line_column(self, offset: int) -> tuple[int, int]:
        """1-based line and 1-based column, in Unicode characters, of a byte offset."""
        before = self.data[:offset]
        line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
        start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        return line, len(before[start:].decode("utf-8", errors="replace")) + 1

    def lines(self) -> list[str]:
        """The text's lines without their ends, as Python counts lines (a form feed ends none)."""
        text = self.data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n")
