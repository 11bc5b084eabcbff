"""Which paths a directory walk leaves out: ``exclude`` patterns and ``.gitignore`` files."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Exclusion:
    """``exclude`` patterns: without a slash they match any name, with a slash a path below ``root``."""

    patterns: tuple[str, ...]
    root: Path

    def matches(self, path: Path) -> bool:
        """Whether the last component of the absolute ``path``, or the path as a whole, is excluded."""
        inside = path.is_relative_to(self.root)
        relative = path.relative_to(self.root).as_posix() if inside else path.as_posix()
        return any(_matches(pattern, path.name, relative) for pattern in self.patterns)

    def covers(self, path: Path) -> bool:
        """Whether the absolute ``path`` or any directory above it, below ``root``, is excluded."""
        above = [parent for parent in path.parents if parent != self.root and parent.is_relative_to(self.root)]
        return any(self.matches(place) for place in (path, *above))


def _matches(pattern: str, name: str, relative: str) -> bool:
    wanted = pattern.rstrip("/").removeprefix("./")
    return fnmatch.fnmatchcase(relative if "/" in wanted else name, wanted)


@dataclass(frozen=True, slots=True)
class GitIgnores:
    """The ``.gitignore`` files that govern one directory, nearest first."""

    files: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    def enter(self, directory: Path) -> GitIgnores:
        """These files and the one of ``directory``, if it has any."""
        try:
            text = (directory / ".gitignore").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return self
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only trees with a .gitignore pay for this import

        return GitIgnores(((directory, GitIgnoreSpec.from_lines(text.splitlines())), *self.files))

    def ignores(self, path: Path, *, directory: bool) -> bool:
        """Whether git ignores ``path``: the nearest file with an opinion decides."""
        for place, spec in self.files:
            name = path.relative_to(place).as_posix() + ("/" if directory else "")
            if (verdict := spec.check_file(name).include) is not None:
                return verdict
        return False


def governing(directory: Path) -> GitIgnores:
    """The ``.gitignore`` files above ``directory``, up to the root of its git work tree."""
    above: list[Path] = []
    place = directory
    while not (place / ".git").exists():
        if place == place.parent:
            return GitIgnores()
        place = place.parent
        above.append(place)
    found = GitIgnores()
    for parent in reversed(above):
        found = found.enter(parent)
    return found
