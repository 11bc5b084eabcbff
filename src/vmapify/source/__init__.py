"""Files: discovery, decoding, notebooks as cells, edits, suppression comments and atomic write-back."""

from vmapify.source.cells import Cell, cell_at, moved, within_cell
from vmapify.source.discover import Discovery, find_files
from vmapify.source.edits import Overlap, apply_edits, edited
from vmapify.source.file import Place, SourceFile, lines_of
from vmapify.source.prefilter import may_hold_candidate, may_hold_suppression
from vmapify.source.read import decode, read
from vmapify.source.write import write

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
