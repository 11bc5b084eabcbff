"""The files that a program writes: which they are, from where on, and what they hold in the end."""

from __future__ import annotations

import functools
import gc
import hashlib
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .sample import sampled, squeezed
from .wall import opens_for_writing

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = 2_000_000
"""Bytes of a text that is compared by its lines."""
ALL_TEXTS = 16_000_000
"""Bytes of such texts of one process; further files are compared as a whole."""
BUFFERED = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
ARRAYS = (".npy", ".npz")


class Written:
    """The files that were opened for writing in this process, other than those below ``passing``.

    What comes and goes in the ``temporary`` folder does not count, unless the program itself stands there (``here``).
    """

    def __init__(self, passing: tuple[str, ...], temporary: str = "", here: str = "") -> None:
        self._passing, self._temporary, self._here = passing, temporary, here
        self._starts: dict[str, int] = {}
        """The size that each had: what stands before is not of this run."""

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """To be told of audit events. Must not raise: it would do so in the program."""
        if event == "open" and opens_for_writing(arguments) and isinstance(arguments[0], (str, bytes)):
            self._opened(os.path.realpath(os.fsdecode(arguments[0])), arguments[2])
        elif event == "os.rename" and arguments[2:] == (-1, -1):
            old, new = arguments[:2]
            if isinstance(old, (str, bytes)) and isinstance(new, (str, bytes)):
                self._moved(os.path.realpath(os.fsdecode(old)), _in_its_folder(os.fsdecode(new)))

    def described(self) -> dict[str, dict[str, Any]]:
        """What each file holds: lines of text, arrays, or else a checksum."""
        if self._starts:
            _flush()
        left = ALL_TEXTS
        found: dict[str, dict[str, Any]] = {}
        for path, start in sorted(self._starts.items()):
            one, error = attempt(functools.partial(_described, path, start, min(TEXT, left)))
            found[path] = one if error is None else {"kind": "unread"}
            left -= found[path]["size"] if found[path]["kind"] == "text" else 0
        return found

    def _counts(self, path: str) -> bool:
        passes = path.startswith(self._passing) or "__pycache__" in path
        gone = bool(self._temporary) and path.startswith(self._temporary) and not path.startswith(self._here or "\0")
        return not passes and not gone

    def _opened(self, path: str, flags: int) -> None:
        if self._counts(path):
            start = 0 if flags & os.O_TRUNC else _size(path)
            self._starts[path] = min(start, self._starts.get(path, start))

    def _moved(self, old: str, new: str) -> None:
        """A file or folder takes the place of another, as careful programs write."""
        for path in [path for path in self._starts if path == old or path.startswith(old + os.sep)]:
            del self._starts[path]
            if self._counts(new + path[len(old) :]):
                self._starts[new + path[len(old) :]] = 0
        if self._counts(new) and os.path.isfile(old):  # noqa: PTH113 (called for every file)
            self._starts[new] = 0


def _in_its_folder(path: str) -> str:
    """What is renamed takes the place of a link, not of what that leads to."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def _flush() -> None:
    """Let files that are still open hold what was written to them."""
    for one in gc.get_objects():
        if issubclass(type(one), BUFFERED):
            attempt(functools.partial(_flush_file, one))


def _flush_file(file: Any) -> None:
    if not file.closed and file.writable() and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.flush()


def _described(path: str, start: int, most: int) -> dict[str, Any]:
    """What this run has written: all of a file, unless it has grown from ``start`` on."""
    if not os.path.isfile(path):  # noqa: PTH113
        return {"kind": "gone"}
    size = _size(path)
    start = start if size > start else 0
    if start == 0 and path.endswith(ARRAYS) and "numpy" in sys.modules:
        arrays, error = attempt(functools.partial(_arrays, path))
        if error is None:
            return {"kind": "arrays", "arrays": arrays}
    with open(path, "rb") as stream:  # noqa: PTH123
        stream.seek(start)
        if size - start <= most:
            data = stream.read()
            if _is_text(data):
                return {"kind": "text", "text": squeezed(data), "size": len(data)}
            stream.seek(start)
        return {"kind": "checksum", "checksum": hashlib.file_digest(stream, "sha256").hexdigest(), "size": size - start}


def _is_text(data: bytes) -> bool:
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _arrays(path: str) -> dict[str, list[dict[str, Any]]]:
    """The arrays in a file of NumPy's; ``ValueError`` if there is more in it, or something else."""
    import numpy as np  # noqa: PLC0415 (only where it is loaded)

    with open(path, "rb") as stream:  # noqa: PTH123
        found = np.load(stream, allow_pickle=False)
        if not isinstance(found, np.ndarray):
            return {name: [array(name, found[name])] for name in found.files}
        if stream.read(1):
            raise ValueError(path)
        return {"the array": [array("the array", found)]}


def array(path: str, data: Any) -> dict[str, Any]:
    """A NumPy array as a leaf: a sample of floating point numbers, of others a checksum."""
    plain = {"path": path, "label": f"{data.dtype}{list(data.shape)}", "kind": "exact"}
    if data.dtype.kind in "fc":
        return plain | {"kind": "inexact"} | sampled(data)
    return plain | {"text": str(data)[:TEXT], "checksum": checksum((str(data.shape).encode(), data.tobytes()))}


def checksum(parts: Iterable[bytes]) -> str:
    """One for several parts."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()
