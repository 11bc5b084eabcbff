"""From the paths of the command line to the files to read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from pathlib import PurePath
from typing import TYPE_CHECKING

from vmapify.config.load import FILES, inside, nearest
from vmapify.source.ignore import Exclusion, GitIgnores, governing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Problem

STANDARD_INPUT = "-"
SUFFIXES = (".py", ".ipynb")
_NAME = attrgetter("name")
_NAMES = frozenset(FILES)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, each once, in the order of the arguments, then by name; and what was not there.

    ``named`` are those that were named themselves. ``governed`` has the settings of the files whose nearest configuration
    file is not that of the run.
    """

    files: tuple[str, ...]
    problems: tuple[Problem, ...]
    named: frozenset[str] = frozenset()
    governed: Mapping[str, Settings] = field(default_factory=dict)


def find_files(paths: Sequence[str], settings: Settings) -> Discovery:
    """Every Python file and notebook the ``paths`` stand for.

    A file that is named is taken whatever ``exclude`` says, unless ``force_exclude`` is set. Directories are
    walked without following symbolic links. ``-`` stands for standard input. Raises ConfigError for a mistake in a
    configuration file on the way.
    """
    places = _Places(settings)
    files: dict[str, str] = {}
    named: list[str] = []
    problems: list[Problem] = []
    governed: dict[str, Settings] = {}
    for path in paths:
        if path == STANDARD_INPUT:
            files.setdefault(path, path)
        elif os.path.isdir(path):
            walked = list(_walk(path, places, problems.append))
            new = [(found, own) for absolute, found, own in walked if files.setdefault(absolute, found) is found]
            governed |= {found: own for found, own in new if own is not settings}
        elif not os.path.lexists(path):
            problems.append(_problem(path, "no such file or directory; check the path"))
        else:
            own = places.above(os.path.dirname(os.path.abspath(path)))
            if settings.force_exclude and places.exclusion(own).covers(os.path.abspath(path)):
                continue
            named.append(path)
            if files.setdefault(os.path.realpath(path), path) is path and own is not settings:
                governed[path] = own
    number, shards = settings.shard
    wanted = (
        tuple(files.values()) if shards == 1 else tuple(files[path] for path in sorted(files)[number - 1 :: shards])
    )
    kept = frozenset(wanted)
    return Discovery(
        wanted, tuple(problems), kept.intersection(named), {p: s for p, s in governed.items() if p in kept}
    )


def is_left_out(path: str, settings: Settings) -> bool:
    """Whether a walk over its project leaves the file out, by ``exclude`` or ``.gitignore``.

    Args:
        path: the file; what links lead to it does not matter.
        settings: those that govern it.
    """
    absolute = os.path.realpath(path)
    if Exclusion((*settings.exclude, *settings.extend_exclude), os.path.realpath(settings.root)).covers(absolute):
        return True
    return settings.respect_gitignore and _is_ignored(absolute, os.path.realpath(settings.root))


def _is_ignored(absolute: str, root: str) -> bool:
    """Whether a ``.gitignore`` from the top of the git work tree down, or without one from ``root``, covers the path."""
    above = [str(parent) for parent in PurePath(absolute).parents]  # the nearest first
    top = next((folder for folder in above if os.path.exists(os.path.join(folder, ".git"))), root)
    inside = [absolute, *above[: above.index(top) + 1]] if top in above else [absolute, *above[:1]]
    ignores = GitIgnores()
    for folder, below in pairwise(reversed(inside)):
        ignores = ignores.enter(folder)
        if ignores.ignores(below, below != absolute):
            return True
    return False


class _Places:
    """Which settings govern which folder."""

    def __init__(self, run: Settings) -> None:
        self.run = run
        self._known = {} if run.file is None else {os.path.dirname(run.file): run}
        self._above: dict[str, Settings] = {}
        self._exclusions: dict[Settings, Exclusion] = {}

    def above(self, folder: str) -> Settings:
        """The settings of a folder (absolute), whatever file gives them."""
        if not self.run.nested:
            return self.run
        if folder not in self._above:
            self._above[folder] = nearest(folder, self.run, self._known) or self.run
        return self._above[folder]

    def below(self, folder: str, names: Collection[str], above: Settings) -> Settings:
        """The settings of a folder with these names in it; those ``above`` govern the folder that it is in."""
        if not self.run.nested or folder in self._known or _NAMES.isdisjoint(names):
            return self._known.get(folder, above)
        own = inside(folder, names, self.run)
        return above if own is None else self._known.setdefault(folder, own)

    def exclusion(self, settings: Settings) -> Exclusion:
        """What these settings leave out."""
        if settings not in self._exclusions:
            patterns = (*settings.exclude, *settings.extend_exclude)
            self._exclusions[settings] = Exclusion(patterns, os.path.realpath(settings.root))
        return self._exclusions[settings]


def _problem(path: str, message: str) -> Problem:
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - rarely anything is wrong

    return Problem(path, None, message)


def _walk(top: str, places: _Places, complain: Callable[[Problem], None]) -> Iterator[tuple[str, str, Settings]]:
    """The real path of each wanted file, the path to call it by, and its settings.

    Files of a directory come before those below it.
    """
    real = os.path.realpath(top)
    respect_gitignore = places.run.respect_gitignore
    start = governing(real) if respect_gitignore else GitIgnores()
    pending = [(_shown(top), real, start, places.above(real))]
    while pending:
        shown, absolute, ignores, settings = pending.pop()
        try:
            with os.scandir(absolute) as scanned:
                entries = sorted(scanned, key=_NAME)
        except OSError as error:
            complain(_problem(shown or ".", f"cannot be listed ({error.strerror}); check its permissions"))
            continue
        names = {entry.name for entry in entries}
        if respect_gitignore and ".gitignore" in names:
            ignores = ignores.enter(absolute)
        settings = places.below(absolute, names, settings)
        excluded = places.exclusion(settings)
        within, outside = absolute.rstrip(os.sep) + os.sep, shown
        below: list[tuple[str, str, GitIgnores, Settings]] = []
        for entry in entries:
            name = entry.name
            directory = entry.is_dir(follow_symlinks=False)
            if not directory and not (name.endswith(SUFFIXES) and _is_file(entry, outside, complain)):
                continue
            if excluded.matches(within, name) or (ignores.files and ignores.ignores(within + name, directory)):
                continue
            if directory:
                below.append((f"{outside}{name}{os.sep}", within + name, ignores, settings))
            else:
                yield os.path.realpath(entry.path) if entry.is_symlink() else within + name, outside + name, settings
        below.reverse()
        pending += below


def _is_file(entry: os.DirEntry[str], folder: str, complain: Callable[[Problem], None]) -> bool:
    """Whether an entry is a file, or a link to one; a link that leads back to itself is told."""
    try:
        return entry.is_file()
    except OSError as error:
        complain(_problem(folder + entry.name, f"cannot be read ({error.strerror}); mend or remove the link"))
        return False


def _shown(top: str) -> str:
    """What the paths below ``top`` begin with: nothing for the working directory."""
    plain = str(PurePath(top))
    return "" if plain == "." else plain.rstrip(os.sep) + os.sep
