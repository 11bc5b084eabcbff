"""What a directory holds."""

from __future__ import annotations

import os


def listing(directory: str) -> dict[str, str]:
    """The kind of each entry, ``d`` or ``f``, links followed; nothing where the directory cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return {entry.name: "d" if entry.is_dir() else "f" for entry in entries if not _is_lost(entry)}
    except OSError:
        return {}


def _is_lost(entry: os.DirEntry[str]) -> bool:
    """Whether the entry is a link to nothing."""
    return entry.is_symlink() and not os.path.exists(entry.path)
