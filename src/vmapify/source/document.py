"""The JSON text of a notebook: where each cell's source stands in it, to the character.

Values are decoded by the C scanner of ``json``; only the objects on the way to the sources are walked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from json.decoder import JSONDecodeError, JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = JSONDecoder().raw_decode
_Reader = Callable[[str, int], tuple[Any, int]]
"""Reads the value at an index of the text; gives it with the index behind it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One JSON string of a cell's source: its place in the document, quotes included, and what it says."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """A cell's source as it stands in the document: a list of strings, or (``start`` None) a single one.

    ``start`` is the index of the opening bracket.
    """

    pieces: tuple[Piece, ...]
    start: int | None = None

    @property
    def text(self) -> str:
        """The cell's source."""
        return "".join(piece.text for piece in self.pieces)


def parse_document(text: str) -> dict[str, Any]:
    """The notebook as ``json.loads`` gives it, but with ``Pieces`` for the source of each cell.

    Raises:
        JSONDecodeError: the text is not a JSON object.
    """
    cell = partial(_object, readers={"source": _pieces})
    document, end = _object(text, _skip(text, 0), {"cells": partial(_array, item=cell)})
    if _skip(text, end) != len(text):
        raise JSONDecodeError("Extra data", text, end)
    return document


def _object(text: str, at: int, readers: dict[str, _Reader]) -> tuple[dict[str, Any], int]:
    """An object whose members are read by ``readers``, the others as usual; anything else as it is."""
    if text[at : at + 1] != "{":
        return _value(text, at)
    found: dict[str, Any] = {}
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        if found:
            at = _expected(text, at, ",")
        name, at = scanstring(text, _expected(text, at, '"', blanks=False), True)
        at = _expected(text, _skip(text, at), ":")
        found[name], at = readers.get(name, _value)(text, at)
        at = _skip(text, at)
    return found, at + 1


def _array(text: str, at: int, item: _Reader) -> tuple[Any, int]:
    if text[at : at + 1] != "[":
        return _value(text, at)
    found: list[Any] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        if found:
            at = _expected(text, at, ",")
        value, at = item(text, at)
        found.append(value)
        at = _skip(text, at)
    return found, at + 1


def _pieces(text: str, at: int) -> tuple[Any, int]:
    """A string or a list of strings, each with its place; anything else as it is."""
    if text[at : at + 1] == '"':
        piece, end = _piece(text, at)
        return Pieces((piece,)), end
    found, end = _array(text, at, _piece)
    if isinstance(found, list) and all(isinstance(piece, Piece) for piece in found):
        return Pieces(tuple(found), at), end
    return None, end


def _piece(text: str, at: int) -> tuple[Any, int]:
    value, end = _value(text, at)
    return (Piece(at, end, value) if isinstance(value, str) else None), end


def _value(text: str, at: int) -> tuple[Any, int]:
    return _decode(text, at)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _expected(text: str, at: int, mark: str, *, blanks: bool = True) -> int:
    """The index behind ``mark`` (and the blanks that follow it)."""
    if text[at : at + 1] != mark:
        raise JSONDecodeError(f"Expecting {mark!r}", text, at)
    return _skip(text, at + 1) if blanks else at + 1


_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


def offsets(text: str, piece: Piece) -> list[int]:
    """The index in the document of each character of a piece, and of its closing quote."""
    found: list[int] = []
    at, end = piece.start + 1, piece.end - 1
    for escape in _ESCAPE.finditer(text, at, end):
        found += range(at, escape.start() + 1)
        at = escape.end()
    return [*found, *range(at, end + 1)]


def escapes(text: str, piece: Piece) -> dict[str, str]:
    """The characters of a piece that the document writes as escapes, and how."""
    found = _ESCAPE.findall(text, piece.start + 1, piece.end - 1)
    return {json.loads(f'"{one}"'): one for one in dict.fromkeys(found)}


def spelled(content: str, known: dict[str, str], *, ascii_only: bool) -> str:
    """``content`` as it stands inside a JSON string, its characters written as the document writes them."""
    return "".join(known.get(c) or json.dumps(c, ensure_ascii=ascii_only)[1:-1] for c in content)
