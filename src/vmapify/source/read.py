"""Read a file, or say in one line why not."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from vmapify.diagnostic import Problem
from vmapify.source.file import SourceFile

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def read(path: str) -> SourceFile | Problem:
    """The decoded file, or a Problem that names the file and the cure."""
    if path.endswith(".ipynb"):
        return Problem(path, None, "notebooks are not supported yet; export the code to a .py file")
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        return Problem(path, None, "no such file; check the path")
    except IsADirectoryError:
        return Problem(path, None, "is a directory; name a file inside it")
    except OSError as error:
        return Problem(path, None, f"cannot be read ({error.strerror}); check its permissions")
    return decode(path, raw)


def decode(path: str, raw: bytes) -> SourceFile | Problem:
    """``raw`` as a SourceFile: UTF-8, with or without byte order mark."""
    bom = raw.startswith(codecs.BOM_UTF8)
    data = raw.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        return Problem(path, None, "holds NUL bytes, so it is not Python source; exclude it")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(path, line, "is not UTF-8; save it as UTF-8 (Python's default encoding) or exclude it")
    if not data.isascii() and (encoding := _declared(data)) not in (None, "utf-8", "utf-8-sig"):
        return Problem(path, 1, f"declares the encoding {encoding}; save it as UTF-8 without that line")
    return SourceFile(path, data, _newline(data), bom)


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
