"""Two versions of a file as a diff: of the file, or of each cell of a notebook that changed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.source import SourceFile


def difference(old: SourceFile, new: SourceFile) -> str:
    """The diff from ``old`` to ``new``. A notebook's code is compared, cell by cell; nobody reads JSON."""
    if old.notebook is None:
        return unified_diff(old.path, old.data, new.data)
    pairs = zip(old.cells, new.cells, strict=True)
    return "".join(
        _marked(
            old.shown[before.span.start : before.span.end],
            new.shown[after.span.start : after.span.end],
            f"{old.path}:cell {before.number + 1}",
            f"{old.path}:cell {before.number + 1}",
        )
        for before, after in pairs
    )


def unified_diff(path: str, old: bytes, new: bytes) -> str:
    """A diff that ``git apply`` and ``patch -p1`` understand."""
    name = path.lstrip("/")
    return _marked(old, new, f"a/{name}", f"b/{name}", at_end="\\ No newline at end of file\n")


def _marked(old: bytes, new: bytes, before: str, after: str, *, at_end: str = "") -> str:
    """``at_end`` is said where a text ends without a line end, which cells mostly do."""
    lines = difflib.unified_diff(_lines(old), _lines(new), before, after)
    return "".join(line if line.endswith("\n") else f"{line}\n{at_end}" for line in lines)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8")
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
