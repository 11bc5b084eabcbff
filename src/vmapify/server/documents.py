"""What the editor holds: the texts of files, and notebooks with the texts of their cells, saved or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.server.positions import index

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUFFIX = ".ipynb"
_FORMAT = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@dataclass(frozen=True, slots=True)
class Replaced:
    """A change of a text: from line and column ``start`` to ``end``; the whole text where both are None."""

    text: str
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class HeldCell:
    """A cell of a notebook: its own URI, and whether it is one of Python code."""

    uri: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document as it was at one time.

    ``raw`` are the bytes that a file with this text would hold, ``texts`` the texts by URI: one for a file, one for each cell of
    a notebook, whose URIs are ``cells`` in order.
    """

    uri: str
    path: str
    version: int | None
    raw: bytes
    texts: Mapping[str, str]
    cells: tuple[str, ...] | None = None

    def uri_of(self, cell: int | None) -> str:
        """What the editor calls the text of a cell; of the file where it has no cells."""
        return self.uri if cell is None or self.cells is None else self.cells[cell]

    @property
    def uris(self) -> tuple[str, ...]:
        """Everything that diagnostics may be shown in."""
        return (self.uri,) if self.cells is None else self.cells


class Document:
    """One file or notebook that is open. ``path`` is where its settings and its imports are looked for."""

    def __init__(self, uri: str, path: str, version: int | None, *, encoding: str) -> None:
        self.uri, self.path, self.version = uri, path, version
        self._encoding = encoding
        self._texts: dict[str, str] = {}
        self._cells: list[HeldCell] | None = None

    def put(self, uri: str, text: str) -> None:
        """The text of the file, or of one of its cells, is this."""
        self._texts[uri] = text

    def drop(self, uri: str) -> None:
        """A cell is no longer there."""
        self._texts.pop(uri, None)

    def change(self, uri: str, changes: Sequence[Replaced]) -> None:
        """Make changes one after the other; those of a text that is not held are nobody's."""
        for one in changes if uri in self._texts else ():
            text = self._texts[uri]
            if one.start is None or one.end is None:
                self._texts[uri] = one.text
                continue
            first = index(text, *one.start, self._encoding)
            last = max(first, index(text, *one.end, self._encoding))
            self._texts[uri] = text[:first] + one.text + text[last:]

    def arrange(self, start: int, deleted: int, cells: Sequence[HeldCell]) -> None:
        """Put ``cells`` in the place of ``deleted`` ones from ``start`` on."""
        held = self._cells if self._cells is not None else []
        self._cells = [*held[:start], *cells, *held[start + deleted :]]

    def holds(self, uri: str) -> bool:
        """Whether it is the document's URI or that of one of its cells."""
        return uri == self.uri or uri in self._texts

    def snapshot(self) -> Snapshot:
        """The document as it is now."""
        texts = dict(self._texts)
        if self._cells is None:
            raw = texts.get(self.uri, "").encode("utf-8", "surrogatepass")
            return Snapshot(self.uri, self.path, self.version, raw, texts)
        cells = [_cell(one, texts.get(one.uri, "")) for one in self._cells]
        raw = json.dumps({"cells": cells, **_FORMAT}).encode("utf-8")
        return Snapshot(self.uri, self.path, self.version, raw, texts, tuple(one.uri for one in self._cells))


def _cell(cell: HeldCell, text: str) -> dict[str, object]:
    return {"cell_type": "code" if cell.is_code else "markdown", "metadata": {}, "source": text if cell.is_code else ""}
