"""Places as the protocol counts them: lines from 0, and columns in the units that editor and server have agreed on."""

from __future__ import annotations

import re
from bisect import bisect_left

_ENDS = re.compile(r"\r\n|\n|\r")
"""What ends a line, for Python and for the protocol alike; ``str.splitlines`` knows more of them."""


def width(text: str, encoding: str) -> int:
    """How many units ``text`` takes.

    Args:
        text: a part of one line.
        encoding: ``utf-8``, ``utf-16`` or ``utf-32``: bytes, pairs of bytes or characters are counted.
    """
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) if encoding == "utf-32" else len(text) + sum(one > "\uffff" for one in text)


def place(data: bytes, offset: int, encoding: str) -> tuple[int, int]:
    """Line and column of a byte offset into UTF-8 text."""
    before = data[:offset]
    line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    return line, width(before[start:].decode("utf-8", "replace"), encoding)


def index(text: str, line: int, column: int, encoding: str) -> int:
    """The index into ``text`` of a line and a column; the nearest there is, as the protocol demands."""
    start = 0
    for _ in range(line):
        found = _ENDS.search(text, start)
        if found is None:
            return len(text)
        start = found.end()
    found = _ENDS.search(text, start)
    row = text[start : found.start() if found is not None else len(text)]
    return start + bisect_left(range(len(row)), column, key=lambda count: width(row[:count], encoding))


def lines_with_ends(text: str) -> list[str]:
    """The lines of ``text``, each with what ends it; all of them together are ``text``."""
    ends = [found.end() for found in _ENDS.finditer(text)]
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True) if start < end]
