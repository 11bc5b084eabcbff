"""Whether files and directories are still what they were, at the cost of a ``stat`` each where nothing happened."""

from __future__ import annotations

import os
from typing import Any

from vmapify.pipeline.analysis import digest
from vmapify.source.listing import answers

Stamp = list[int]
"""Size, time of the last change of the contents, time of the last change of any kind (in nanoseconds)."""
UNSURE: Stamp = [-1, 0, 0]
"""The stamp of what nobody knows to be unchanged: it has to be looked at."""
GRAIN = 100_000_000
"""Nanoseconds within which two changes may carry the same time."""


def stamp(path: str) -> Stamp:
    """The present stamp; an empty one for what is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def contents(path: str) -> str | None:
    """The digest of the file's present contents; None where there are none."""
    try:
        with open(path, "rb", buffering=0) as stream:
            return digest(stream.read())
    except OSError:
        return None


class Witnesses:
    """Files and directories that findings rest on, as they were; each is looked at once a run, when first asked about.

    ``files`` holds stamp and digest by path, ``places`` the stamp of each directory and the kinds of the names that
    were looked for in it. ``moved`` says whether some are as they were, but with another stamp; ``lost`` are those that
    are not as they were. The run ``began`` before any of them was looked at.
    """

    def __init__(self, places: dict[str, Any], files: dict[str, Any], began: int) -> None:
        self.places: dict[str, tuple[Stamp, dict[str, str]]] = places
        self.files: dict[str, tuple[Stamp, str]] = files
        self.moved = False
        self.lost: set[str] = set()
        self._start = began - GRAIN
        self._judged: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        """Whether the file or directory is as it was."""
        if path not in self._judged:
            self._judged[path] = self._place_holds(path) if path in self.places else self._file_holds(path)
            if not self._judged[path]:
                self.lost.add(path)
        return self._judged[path]

    def stamp(self, path: str) -> Stamp:
        """The stamp of a file or directory as it is known to be."""
        return (self.places[path] if path in self.places else self.files[path])[0]

    def _place_holds(self, path: str) -> bool:
        known, names = self.places[path]
        present = stamp(path)
        if present == known:
            return True
        if not answers(path, names):
            return False
        self.places[path] = (self.sure(present), names)
        self.moved = True
        return True

    def _file_holds(self, path: str) -> bool:
        if path not in self.files:
            return False
        known, content = self.files[path]
        present = stamp(path)
        if present == known:
            return True
        if contents(path) != content:
            return False
        self.files[path] = (self.sure(present), content)
        self.moved = True
        return True

    def sure(self, found: Stamp) -> Stamp:
        """The stamp, if what bears it cannot have changed since the run began without another one."""
        return found if found and found[2] < self._start else UNSURE

    def add_place(self, path: str, names: dict[str, str]) -> None:
        """Note what was looked for in a directory, and what was there."""
        if path in self.places and self.holds(path):
            self.places[path][1].update(names)
        else:
            self.places[path] = (self.sure(stamp(path)), names)
            self._judged[path] = True

    def add_file(self, path: str) -> bool:
        """Note a file that was read; False if it may have changed since."""
        if path in self.files and self.holds(path):
            return True
        found = self.sure(stamp(path))
        content = contents(path)
        if found == UNSURE or content is None:
            return False
        self.files[path] = (found, content)
        self._judged[path] = True
        return True
