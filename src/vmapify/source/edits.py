"""Apply edits to bytes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.diagnostic import Edit
    from vmapify.source.file import SourceFile


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two edits claim the same bytes, or one reaches outside the data; nothing was applied."""

    first: Edit
    second: Edit


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes | Overlap:
    """``data`` with every edit applied, given in any order; an Overlap where they contradict each other.

    Edits that only touch are fine. Two insertions at the same offset contradict: their order is undefined. So
    do equal edits given twice: each import line must be asked for once.
    """
    ordered = sorted(edits, key=lambda edit: edit.span)
    pieces: list[bytes] = []
    done = 0
    for position, edit in enumerate(ordered):
        before = ordered[max(position - 1, 0)]
        inside = edit.span.start <= edit.span.end <= len(data)
        same_place = position > 0 and before.span == edit.span and edit.span.start == edit.span.end
        if edit.span.start < done or not inside or same_place:
            return Overlap(before, edit)
        pieces += [data[done : edit.span.start], edit.content.encode("utf-8")]
        done = edit.span.end
    return b"".join([*pieces, data[done:]])


def edited(source: SourceFile, edits: Iterable[Edit]) -> SourceFile | Overlap | Problem:
    """``source`` after ``edits``. A notebook is read back from its new text: a Problem if that is not what was meant."""
    ordered = sorted(edits, key=lambda edit: edit.span)
    new = apply_edits(source.data, ordered)
    if isinstance(new, Overlap):
        return new
    if source.notebook is None:
        return dataclasses.replace(source, data=new)
    from vmapify.source.notebook import read_notebook  # noqa: PLC0415 - only an edited notebook is read again
    from vmapify.source.respell import respelled  # noqa: PLC0415

    again = read_notebook(source.path, respelled(source.notebook, ordered))
    if isinstance(again, Problem):
        return again
    data, notebook = again
    if data != new:
        return Problem(source.path, None, "the changed notebook reads differently")
    return dataclasses.replace(source, data=data, notebook=notebook)
