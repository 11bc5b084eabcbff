"""Which paths a directory walk leaves out: ``exclude`` patterns and ``.gitignore`` files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from pathspec import GitIgnoreSpec


class Exclusion:
    """``exclude`` patterns: without a slash they match any name, with a slash a path below ``root``."""

    __slots__ = ("_above", "_globs", "_names", "_paths")

    def __init__(self, patterns: Sequence[str], root: str) -> None:
        self._above = root.rstrip(os.sep) + os.sep
        wanted = [pattern.rstrip("/").removeprefix("./") for pattern in patterns]
        plain = [pattern for pattern in wanted if "/" not in pattern]
        self._paths = [pattern for pattern in wanted if "/" in pattern]
        self._globs = [pattern for pattern in plain if set(pattern) & set("*?[")]
        self._names = frozenset(plain) - frozenset(self._globs)

    def matches(self, folder: str, name: str) -> bool:
        """Whether ``name``, or the path it makes with ``folder`` (absolute, with a slash at its end), is excluded."""
        if name in self._names:
            return True
        return bool(self._globs or self._paths) and self._spelled_out(folder, name)

    def _spelled_out(self, folder: str, name: str) -> bool:
        from fnmatch import fnmatchcase  # noqa: PLC0415 - the default patterns are names

        relative = (folder + name).removeprefix(self._above)
        return any(fnmatchcase(name, pattern) for pattern in self._globs) or any(
            fnmatchcase(relative, pattern) for pattern in self._paths
        )

    def covers(self, path: str) -> bool:
        """Whether the absolute ``path`` or any directory above it, below ``root``, is excluded."""
        folder, name = os.path.split(path)
        if self.matches(folder.rstrip(os.sep) + os.sep, name):
            return True
        return (folder + os.sep).startswith(self._above) and folder + os.sep != self._above and self.covers(folder)


class GitIgnores:
    """The ``.gitignore`` files that govern one directory, nearest first."""

    __slots__ = ("files",)

    def __init__(self, files: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> None:
        self.files = files

    def enter(self, directory: str) -> Self:
        """These files and the one of ``directory``, if it has any."""
        try:
            with open(os.path.join(directory, ".gitignore"), encoding="utf-8", errors="replace") as stream:
                lines = stream.read().splitlines()
        except OSError:
            return self
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only trees with a .gitignore pay for this import

        inside = directory.rstrip(os.sep) + os.sep
        return type(self)(((inside, GitIgnoreSpec.from_lines(lines)), *self.files))

    def ignores(self, path: str, directory: bool) -> bool:
        """Whether git ignores the absolute ``path``: the nearest file with an opinion decides."""
        for place, spec in self.files:
            name = path[len(place) :] + ("/" if directory else "")
            if (verdict := spec.check_file(name).include) is not None:
                return verdict
        return False


def governing(directory: str) -> GitIgnores:
    """The ``.gitignore`` files above the absolute ``directory``, up to the root of its git work tree."""
    above: list[str] = []
    place = directory
    while not os.path.exists(os.path.join(place, ".git")):
        parent = os.path.dirname(place)
        if place == parent:
            return GitIgnores()
        place = parent
        above.append(place)
    found = GitIgnores()
    for parent in reversed(above):
        found = found.enter(parent)
    return found
