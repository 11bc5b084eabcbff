"""From the paths of the command line to the files to read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from operator import attrgetter
from pathlib import PurePath
from typing import TYPE_CHECKING

from vmapify.source.ignore import Exclusion, GitIgnores, governing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Problem

STANDARD_INPUT = "-"
SUFFIXES = (".py", ".ipynb")
_NAME = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, each once, in the order of the arguments, then by name; and what was not there."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def find_files(paths: Sequence[str], settings: Settings) -> Discovery:
    """Every Python file and notebook the ``paths`` stand for.

    A file that is named is taken whatever ``exclude`` says, unless ``force_exclude`` is set. Directories are
    walked without following symbolic links. ``-`` stands for standard input.
    """
    excluded = Exclusion((*settings.exclude, *settings.extend_exclude), os.path.realpath(settings.root))
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        if path == STANDARD_INPUT:
            files.setdefault(path, path)
        elif os.path.isdir(path):
            for absolute, found in _walk(path, excluded, problems.append, settings.respect_gitignore):
                files.setdefault(absolute, found)
        elif not os.path.lexists(path):
            problems.append(_problem(path, "no such file or directory; check the path"))
        elif not (settings.force_exclude and excluded.covers(os.path.abspath(path))):
            files.setdefault(os.path.realpath(path), path)
    return Discovery(tuple(files.values()), tuple(problems))


def _problem(path: str, message: str) -> Problem:
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - rarely anything is wrong

    return Problem(path, None, message)


def _walk(
    top: str, excluded: Exclusion, complain: Callable[[Problem], None], respect_gitignore: bool
) -> Iterator[tuple[str, str]]:
    """The real path of each wanted file, and the path to call it by: those of a directory before those below it."""
    real = os.path.realpath(top)
    start = governing(real) if respect_gitignore else GitIgnores()
    pending = [(_shown(top), real, start)]
    while pending:
        shown, absolute, ignores = pending.pop()
        try:
            with os.scandir(absolute) as scanned:
                entries = sorted(scanned, key=_NAME)
        except OSError as error:
            complain(_problem(shown or ".", f"cannot be listed ({error.strerror}); check its permissions"))
            continue
        if respect_gitignore and any(entry.name == ".gitignore" for entry in entries):
            ignores = ignores.enter(absolute)
        inside, outside = absolute.rstrip(os.sep) + os.sep, shown
        below: list[tuple[str, str, GitIgnores]] = []
        for entry in entries:
            name = entry.name
            directory = entry.is_dir(follow_symlinks=False)
            if not directory and not (name.endswith(SUFFIXES) and entry.is_file()):
                continue
            if excluded.matches(inside, name) or (ignores.files and ignores.ignores(inside + name, directory)):
                continue
            if directory:
                below.append((f"{outside}{name}{os.sep}", inside + name, ignores))
            else:
                yield os.path.realpath(entry.path) if entry.is_symlink() else inside + name, outside + name
        below.reverse()
        pending += below


def _shown(top: str) -> str:
    """What the paths below ``top`` begin with: nothing for the working directory."""
    plain = str(PurePath(top))
    return "" if plain == "." else plain.rstrip(os.sep) + os.sep
