"""Which paths a directory walk leaves out: ``exclude`` patterns and ``.gitignore`` files."""

from __future__ import annotations

import os
import re
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


class GitIgnore:
    """One ``.gitignore`` file. Plain names, endings and paths, which most lines are, are looked up; pathspec does the rest."""

    __slots__ = ("_endings", "_names", "_others", "_paths", "_spec")

    def __init__(self, lines: Sequence[str]) -> None:
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        self._names: tuple[set[str], set[str]] = (set(), set())  # of files and directories, and of directories only
        self._paths: tuple[set[str], set[str]] = (set(), set())
        endings: tuple[set[str], set[str]] = (set(), set())
        negates = any(line.startswith("!") for line in lines)
        rest = []
        for line in lines:
            if not negates and (found := _NAME.fullmatch(line)):
                group = endings if found["star"] else self._names
                group[bool(found["folder"])].update(found["name"] + last for last in found["last"] or ("",))
            elif not negates and (found := _PATH.fullmatch(line)):
                self._paths[bool(found["folder"])].add(found["path"])
            else:
                rest.append(line)
        self._endings = tuple(endings[0]), tuple(endings[1])
        self._spec = _spec(rest) if negates else None
        self._others = [one.regex.match for one in _spec(rest).patterns if one.regex] if rest and not negates else []

    def verdict(self, path: str, *, directory: bool) -> bool | None:
        """Whether ``path`` (relative to the file) is ignored, given that no directory above is; None for no opinion."""
        name = path.rpartition("/")[2]
        for kind in range(1 + directory):
            if name in self._names[kind] or path in self._paths[kind] or name.endswith(self._endings[kind]):
                return True
        whole = path + "/" * directory
        if self._spec is not None:
            return self._spec.check_file(whole).include
        return True if any(matches(whole) for matches in self._others) else None


_WORD = r"[\w.$~-]+"
_NAME = re.compile(rf"(?P<star>\*)?(?P<name>{_WORD})(?:\[(?P<last>\w+)\])?(?P<folder>/)? *", re.ASCII)
_PATH = re.compile(rf"/?(?P<path>{_WORD}(?:/{_WORD})*)(?P<folder>/)? *", re.ASCII)


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only what is not plain pays for this import

    return GitIgnoreSpec.from_lines(lines)


class GitIgnores:
    """The ``.gitignore`` files that govern one directory, nearest first."""

    __slots__ = ("files",)

    def __init__(self, files: tuple[tuple[str, GitIgnore], ...] = ()) -> None:
        self.files = files

    def enter(self, directory: str) -> Self:
        """These files and the one of ``directory``, if it has any."""
        try:
            with open(os.path.join(directory, ".gitignore"), encoding="utf-8", errors="replace") as stream:
                lines = stream.read().splitlines()
        except OSError:
            return self
        return type(self)(((directory.rstrip(os.sep) + os.sep, GitIgnore(lines)), *self.files))

    def ignores(self, path: str, directory: bool) -> bool:
        """Whether git ignores the absolute ``path``: the nearest file with an opinion decides."""
        for place, file in self.files:
            if (verdict := file.verdict(path[len(place) :], directory=directory)) is not None:
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
