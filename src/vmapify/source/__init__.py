"""Files: discovery, decoding, edits, suppression comments and atomic write-back."""

from vmapify.source.discover import Discovery, find_files
from vmapify.source.edits import Overlap, apply_edits
from vmapify.source.file import SourceFile
from vmapify.source.prefilter import may_hold_candidate, may_hold_suppression
from vmapify.source.read import decode, read
from vmapify.source.write import write

__all__ = [
    "Discovery",
    "Overlap",
    "SourceFile",
    "apply_edits",
    "decode",
    "find_files",
    "may_hold_candidate",
    "may_hold_suppression",
    "read",
    "write",
]
