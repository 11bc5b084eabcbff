"""What a directory holds."""

from __future__ import annotations

import os
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


def answers(directory: str, names: Mapping[str, str]) -> bool:
    """Whether each of the names is what it was: of that kind, or not there."""
    found = listing(directory)
    return all(found.get(name, "") == kind for name, kind in names.items())


def _is_lost(entry: os.DirEntry[str]) -> bool:
    """Whether the entry is a link to nothing."""
    return entry.is_symlink() and not os.path.exists(entry.path)
