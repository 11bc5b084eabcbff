"""A file without the functions that hold no candidate: what is left is parsed in a fraction of the time.

    import jax.numpy as jnp                    import jax.numpy as jnp

    def norm(x):                        →      def norm(*_): ...
        return jnp.sqrt(x @ x)

    def norms(xs):                             def norms(xs):
        return jnp.stack([norm(x) for x in xs])    return jnp.stack([norm(x) for x in xs])

Lines are read by their indentation, strings and all. Where that goes wrong the result seldom parses, and the whole file
is parsed instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# a line break to begin with is found at once, where `^` is tried at every letter
_DEFINITION = re.compile(rb"\n([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_STATEMENT = re.compile(rb"\n([ \t]*)(?:for|while)\b")
_WHILE = re.compile(rb"\n[ \t]*while\b")
_HEAD = re.compile(rb"\n[ \t]*for\b([^\n]*:)[ \t]*(?:#[^\n]*)?\r?(?=\n|\Z)")
_REPEATS = re.compile(rb"\b(?:for|map|starmap)\b")
_STACKS = re.compile(
    rb"\b(?:[vhd]?stack|row_stack|column_stack|array|asarray|concat|concatenate|map|tree_map|tree_multimap)\s*\("
    rb"|\bzip\s*\(\s*\*"
)
_WRITES = re.compile(rb"\.at\s*\[|\]\s*=[^=]")
_ADDS = re.compile(
    rb"[-+*&|]=|\n[ \t]*(\w+)[ \t]*=[^=\n][^\n]*\b\1\b"
    # what is assigned goes on in the next line
    rb"|\n[ \t]*\w+[ \t]*=[ \t]*\(|\n[ \t]*\w+[ \t]*=[^=\n][^\n]*[-+*&|,(\\][ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_REDUCES = re.compile(rb"\b(?:sum|max|min|any|all|reduce|prod)\s*\(")
_LISTS = re.compile(rb"\[[^\n]*\bfor\b|\[[ \t]*\r?\n|\b(?:list|tuple)[ \t]*\(")
_RENAMED = re.compile(
    rb"(?:stack|\b(?:array|asarray|concat|concatenate|map|starmap|tree_map|tree_multimap|sum|max|min|any|all|reduce|prod|zip))"
    rb"[ \t]+$"
)
_AS = re.compile(rb"as[ \t]")
_WORDS = (b"for", b"while", b"map")  # in every loop; `reduce` has one in its arguments
_GROWS = re.compile(rb"\.(?:append|extend|insert|add|update|setdefault)\b")
# docstrings and lines of comment, unless a quotation mark may stand for itself
_TEXT = re.compile(rb'("""|\'\'\')[\s\S]*?\1|\n[ \t]*#[^\n]*')
_QUOTED = re.compile(rb"""'"{3}'|"'{3}"|\\["']""")
LONG = 3  # lines of a function from which on it is left out
_QUOTES = re.compile(rb'"""|\'\'\'')


def may_hold_loop(part: bytes) -> bool:
    """Whether a piece of code can hold a loop that collects, fills or adds up something; it begins with a line break."""
    if not any(word in part for word in _WORDS) or not _has_signs(part):
        return False
    code = part if _QUOTED.search(part) else _TEXT.sub(b"", part)
    return _has_signs(code) and (_has_statement(code) or _has_expression(_HEAD.sub(_without_for, code)))


def _has_signs(code: bytes) -> bool:
    if _STATEMENT.search(code) and (_GROWS.search(code) or _WRITES.search(code) or _ADDS.search(code)):
        return True
    return _has_expression(code)


def _has_expression(code: bytes) -> bool:
    """A list comprehension, or a comprehension or ``map`` and a call that may take what it gives."""
    if _REPEATS.search(code) is None:
        return False
    return (_LISTS.search(code) or _STACKS.search(code) or _REDUCES.search(code)) is not None


def _without_for(head: re.Match[bytes]) -> bytes:
    """``for x in xs:`` without its first word, unless it closes what another line opens: the end of a comprehension."""
    line = head[1]
    return b"\n" + line if line.count(b"(") == line.count(b")") and line.count(b"[") == line.count(b"]") else head[0]


def _has_statement(code: bytes) -> bool:
    """A loop in whose own lines something is written, added up, or put into a list."""
    return any(_WRITES.search(b) or _ADDS.search(b) or _GROWS.search(b) for b in _blocks(code))


def _blocks(code: bytes) -> Iterator[bytes]:
    """The outermost loops, each with the lines in it."""
    position = 0
    while (found := _STATEMENT.search(code, position)) is not None:
        position = _end(code, found, len(code))
        yield code[found.start() : position]


def outline(data: bytes) -> bytes | None:
    """``data`` with a line each in the place of the functions without a candidate, b"" if there is none in the file.

    None where that cannot be told, or is not worth it.
    """
    if _renames(data):
        return None
    data = b"\n" + data
    kept: list[bytes] = []
    held = False
    for text, name in _parts(data, 0, len(data)):
        holds = may_hold_loop(text)
        held = held or holds
        if name and not holds and len(_QUOTES.findall(text)) % 2:
            return None
        kept.append(name if name and not holds else text)
    return b"".join(kept)[1:] if held else b""


@dataclass(frozen=True, slots=True)
class Place:
    """The bytes of a function, from the start of its first line."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heads:
    """A file of as many lines, in which ``def name(*_): ...`` stands for each function of ``places``, told by its line."""

    text: bytes
    places: dict[int, Place]


def heads(data: bytes) -> Heads | None:
    """``data`` without the bodies of its functions; None where they are needed to understand the rest.

    Those that may declare a name ``global`` stay: what they do concerns the module.
    """
    if data.count(b"\r") != data.count(b"\r\n"):
        return None
    kept: list[bytes] = []
    places: dict[int, Place] = {}
    line = position = 0
    for text, name in _parts(b"\n" + data, 0, len(data) + 1):
        lines, end = text.count(b"\n"), position + len(text)
        if name and lines >= LONG and b"global" not in text and not text.lstrip().startswith(b"async"):
            if len(_QUOTES.findall(text)) % 2:
                return None
            kept.append(name + b"\n" * (lines - 1))
            places[line + 1] = Place(position, end - 1)
        else:
            kept.append(text)
        line, position = line + lines, end
    whole = b"".join(kept)[1:]
    return None if _WHILE.search(whole) else Heads(whole, places)


def _renames(data: bytes) -> bool:
    """``from jax.numpy import stack as pile``: names that the patterns here do not know."""
    return any(_RENAMED.search(data, max(0, found.start() - 40), found.start()) for found in _AS.finditer(data))


def _parts(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The pieces between ``start`` and ``end``; those that are functions with the line that can stand for them.

    The line break before a line belongs to it, that behind it does not.
    """
    position = start
    while (found := _DEFINITION.search(data, position, end)) is not None:
        stop = _end(data, found, end)
        if found[2] == b"class":
            yield data[position : found.end()], b""
            yield from _parts(data, found.end(), stop)
        else:
            yield data[position : found.start()], b""
            yield data[found.start() : stop], b"\n%bdef %b(*_): ..." % (found[1], found[3])
        position = stop
    yield data[position:end], b""


def _end(data: bytes, found: re.Match[bytes], end: int) -> int:
    """Where the definition ends: at the next line that is not indented deeper, comments and closing brackets aside."""
    following = _at_most(len(found[1])).search(data, found.end(), end)
    return following.start() if following is not None else end


@cache
def _at_most(indent: int) -> re.Pattern[bytes]:
    return re.compile(rb"\n[ \t]{0,%d}[^\s#)\]}]" % indent)
