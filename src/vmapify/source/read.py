"""Read a file, or say in one line why not."""

from __future__ import annotations

import codecs
import os
import re
import stat
from typing import TYPE_CHECKING

from vmapify.source.prefilter import may_hold_candidate, may_hold_suppression

if TYPE_CHECKING:
    from vmapify.diagnostic import Problem
    from vmapify.source.cells import Notebook
    from vmapify.source.file import SourceFile

SUFFIX = ".ipynb"

_EVERYTHING = os.environ.get("VMAPIFY_PREFILTER") == "off"
"""For those who doubt the prefilter: every file is analysed."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def read(path: str) -> SourceFile | Problem:
    """The decoded file, or a Problem that names the file and the cure."""
    raw = raw_bytes(path)
    return decode(path, raw) if isinstance(raw, bytes) else raw


def raw_bytes(path: str) -> bytes | Problem:
    """What the file holds."""
    try:
        with open(path, "rb", buffering=0, opener=_at_once) as stream:
            if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return stream.read()
        return _problem(path, None, "is a pipe or a device, not a file; give its text on standard input (`-`)")
    except FileNotFoundError:
        return _problem(path, None, "no such file; check the path")
    except IsADirectoryError:
        return _problem(path, None, "is a directory; name a file inside it")
    except OSError as error:
        return _problem(path, None, f"cannot be read ({error.strerror}); check its permissions")


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe waits for somebody who writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def worth_analysing(data: bytes, *, quoted: bool = False) -> bool:
    """Whether the analysis might find something in ``data``."""
    return _EVERYTHING or may_hold_candidate(data, quoted=quoted)


def is_plain(raw: bytes) -> bool:
    """Whether nothing about the bytes needs a closer look: no mark, no encoding, no NUL."""
    return raw.isascii() and b"\0" not in raw


def decode(path: str, raw: bytes, *, whole: bool = False) -> SourceFile | Problem:
    """``raw`` as a SourceFile: UTF-8, with or without byte order mark; what ends in ``.ipynb`` as a notebook.

    ``whole``: a notebook is read to its end even where it holds nothing of interest.
    """
    from vmapify.source.file import SourceFile  # noqa: PLC0415 - most files are never held

    bom = raw.startswith(codecs.BOM_UTF8)
    data = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _problem(path, line, "is not UTF-8; save it as UTF-8 (Python's default encoding) or exclude it")
    notebook = None
    if path.endswith(SUFFIX):
        found = _notebook(path, data, text, whole=whole)
        if not isinstance(found, tuple):
            return found
        data, notebook = found
    if b"\0" in data:
        return _problem(path, None, "holds NUL bytes, so it is not Python source; exclude it")
    if not data.isascii() and (encoding := _declared(data)) not in (None, "utf-8", "utf-8-sig"):
        return _problem(path, 1, f"declares the encoding {encoding}; save it as UTF-8 without that line")
    newline = _newline(data) if notebook is None or b"\r\n" not in data else "\r\n"  # cells are joined by \n
    return SourceFile(path, data, newline, bom, notebook)


def _problem(path: str, line: int | None, message: str) -> Problem:
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - rarely anything is wrong

    return Problem(path, line, message)


def _notebook(path: str, data: bytes, text: str, *, whole: bool) -> tuple[bytes, Notebook | None] | Problem:
    """The Python of a notebook; nothing where it cannot hold anything of interest, outputs and all."""
    if whole or worth_analysing(data, quoted=True) or may_hold_suppression(data) or not _looks_like_json(text):
        from vmapify.source.notebook import read_notebook  # noqa: PLC0415 - only notebooks with candidates pay

        return read_notebook(path, text)
    return b"", None


def _looks_like_json(text: str) -> bool:
    """Whether ``text`` begins and ends like a JSON object: a cheap look at a file that is not read any further."""
    stripped = text.strip()
    return stripped.startswith("{") and stripped.endswith("}")


def _declared(data: bytes) -> str | None:
    """The normalised encoding a PEP 263 comment in the first two lines declares."""
    for line in data.split(b"\n", 2)[:2]:
        if match := _COOKIE.match(line):
            name = match[1].decode()
            try:
                return codecs.lookup(name).name
            except LookupError:
                return name
    return None


def _newline(data: bytes) -> str:
    match = re.search(rb"\r\n|\r|\n", data)
    return match[0].decode() if match else "\n"
