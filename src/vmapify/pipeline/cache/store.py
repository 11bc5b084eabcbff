"""One file of the directory where things are kept from run to run; it is read at once, and replaced as a whole."""

from __future__ import annotations

import os
import sys
import zlib
from contextlib import suppress
from functools import cache

import vmapify

NAME = ".vmapify_cache"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds what vmapify remembers between runs.\n"


class Kept:
    """A file that belongs to runs from this directory over one project, by this very tool and interpreter.

    Damaged, older and foreign files are passed over in silence: what is kept can only save time.
    """

    __slots__ = ("_file", "_folder", "_owner")

    def __init__(self, folder: str, root: str, *, blocked: bool, suffix: str) -> None:
        self._folder = folder
        words = (os.getcwd(), os.path.abspath(root), str(blocked))
        name = zlib.crc32(_bytes("\0".join(words)))
        self._file = os.path.join(folder, f"{name:08x}.{suffix}")
        self._owner = _bytes("\0".join((*words, *_tool())))

    def read(self) -> bytes:
        """What the last run wrote; nothing where there is none of ours, or not all of it."""
        try:
            with open(self._file, "rb", buffering=0) as stream:
                mark, _, rest = stream.read().partition(b"\n")
        except OSError:
            return b""
        if mark != _mark(rest) or not rest.startswith(self._owner):
            return b""
        return rest[len(self._owner) :]

    def write(self, content: bytes) -> None:
        """Write for the next run. A file that cannot be written is none."""
        temporary = f"{self._file}.{os.getpid()}.tmp"
        rest = self._owner + content
        with suppress(OSError):
            _prepare(self._folder)
            try:
                with open(temporary, "wb") as stream:
                    stream.write(_mark(rest) + b"\n" + rest)
                os.replace(temporary, self._file)
            finally:
                with suppress(OSError):
                    os.unlink(temporary)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _mark(rest: bytes) -> bytes:
    """The first line: what kind of file it is, and whether it is whole."""
    return f"vmapify {len(rest)} {zlib.crc32(rest):08x}".encode()


def _tool() -> tuple[str, ...]:
    """What tells this tool from any other, and from itself when it is told to work otherwise."""
    return (vmapify.__version__, sys.version, os.environ.get("VMAPIFY_PREFILTER", ""), *_own_sources())


@cache
def _own_sources() -> tuple[str, ...]:
    """What changes when the tool does, in an installation that is worked on, too."""
    found: list[str] = []
    pending = [os.path.dirname(vmapify.__file__)]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    about = entry.stat()
                    found.append(f"{entry.path} {about.st_size} {about.st_mtime_ns}")
                elif entry.is_dir() and entry.name != "__pycache__":
                    pending.append(entry.path)
    return tuple(sorted(found))


def _prepare(folder: str) -> None:
    """Make the directory, as one that neither git nor a backup should keep; one that holds something else stays as it is."""
    os.makedirs(folder, exist_ok=True)
    if os.listdir(folder):
        return
    for name, text in ((".gitignore", "# made by vmapify\n*\n"), ("CACHEDIR.TAG", _TAG)):
        if not os.path.exists(os.path.join(folder, name)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
                stream.write(text)
