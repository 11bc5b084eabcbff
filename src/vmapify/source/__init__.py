"""Files: discovery, decoding, notebooks as cells, edits, suppression comments and atomic write-back."""

from importlib import import_module
from typing import TYPE_CHECKING

from vmapify.source.discover import Discovery, find_files
from vmapify.source.prefilter import may_hold_candidate, may_hold_suppression
from vmapify.source.read import decode, read
from vmapify.source.write import write

if TYPE_CHECKING:
    from vmapify.source.cells import Cell, cell_at, moved, within_cell
    from vmapify.source.edits import Overlap, apply_edits, edited
    from vmapify.source.file import Place, SourceFile, lines_of

__all__ = [
    "Cell",
    "Discovery",
    "Overlap",
    "Place",
    "SourceFile",
    "apply_edits",
    "cell_at",
    "decode",
    "edited",
    "find_files",
    "lines_of",
    "may_hold_candidate",
    "may_hold_suppression",
    "moved",
    "read",
    "within_cell",
    "write",
]

_HOMES = (
    dict.fromkeys(("Cell", "cell_at", "moved", "within_cell"), "cells")
    | dict.fromkeys(("Overlap", "apply_edits", "edited"), "edits")
    | dict.fromkeys(("Place", "SourceFile", "lines_of"), "file")
)


def __getattr__(name: str) -> object:
    """Load what is first asked for: files without candidates need none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
