"""What a directory holds."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def listing(directory: str) -> dict[str, str]:
    """The kind of each entry, ``d`` or ``f``, links followed; nothing where the directory cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return {entry.name: "d" if entry.is_dir() else "f" for entry in entries if not _is_lost(entry)}
    except OSError:
        return {}


SOURCES = "/"
"""Asked for like the name of a file, which it cannot be: all Python files and directories that a directory holds."""


def sources_in(found: Mapping[str, str]) -> str:
    """The names and kinds of the Python files and directories of a listing as one text."""
    return "/".join(sorted(f"{kind}{name}" for name, kind in found.items() if kind == "d" or name.endswith(".py")))


def answers(directory: str, names: Mapping[str, str]) -> bool:
    """Whether each of the names is what it was: of that kind, or not there."""
    found = listing(directory)
    if SOURCES in names:
        found[SOURCES] = sources_in(found)
    return all(found.get(name, "") == kind for name, kind in names.items())


def real(path: str) -> str:
    """What ``os.path.realpath`` gives, for many files of few directories."""
    directory, name = os.path.split(path)
    whole = os.path.join(_real_directory(directory, os.getcwd()), name)
    return os.path.realpath(whole) if os.path.islink(whole) or name in {"", ".", ".."} else whole


@cache
def _real_directory(directory: str, here: str) -> str:
    return os.path.realpath(os.path.join(here, directory))


def _is_lost(entry: os.DirEntry[str]) -> bool:
    """Whether the entry is a link to nothing."""
    return entry.is_symlink() and not os.path.exists(entry.path)
