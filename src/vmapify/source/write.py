"""Write a file back so that a crash, a lost race or a wrong mode cannot damage it."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Problem
    from vmapify.source.file import SourceFile

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def write(source: SourceFile, new: bytes) -> Problem | None:
    """Replace what the file on disk holds by ``new`` atomically; a Problem where that would lose something.

    Refused if the file is read-only or its bytes are no longer those of ``source``. A symbolic link stays
    one: its target is replaced. The mode bits and a byte order mark are kept.
    """
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - runs that only read need neither

    mark = codecs.BOM_UTF8 if source.bom else b""
    target = Path(os.path.realpath(source.path))
    try:
        mode = target.stat().st_mode
        if target.read_bytes() != mark + source.content:
            return Problem(source.path, None, "changed on disk since it was read; nothing written, run again")
        if not mode & _ANY_WRITE or not os.access(target, os.W_OK):
            return Problem(source.path, None, "is read-only; nothing written, make it writable and run again")
        _replace(target, mark + new, stat.S_IMODE(mode))
    except OSError as error:
        return Problem(source.path, None, f"cannot be written ({error.strerror}); it is as it was")
    return None


def replace_text(path: Path, text: str) -> None:
    """Write a text of ours to ``path``: what was there stays until all of it is written. Raises OSError.

    A device or a pipe is written to as it is.
    """
    target = Path(os.path.realpath(path))
    content = text.encode("utf-8", "surrogateescape")
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    mask = os.umask(0)
    os.umask(mask)
    _replace(target, content, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~mask)


def _replace(target: Path, content: bytes, mode: int) -> None:
    import tempfile  # noqa: PLC0415

    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
