"""Text with edits that are known not to contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.diagnostic import Edit


def edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with ``edits`` applied, the last one first; an insertion stands before an edit at the same place."""
    for edit in sorted(edits, key=lambda one: one.span, reverse=True):
        data = data[: edit.span.start] + edit.content.encode() + data[edit.span.end :]
    return data
