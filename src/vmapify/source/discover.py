"""From the paths of the command line to the files to read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem
from vmapify.source.ignore import Exclusion, GitIgnores, governing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.config import Settings

STANDARD_INPUT = "-"
SUFFIXES = (".py", ".ipynb")


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
    excluded = Exclusion((*settings.exclude, *settings.extend_exclude), Path(settings.root).resolve())
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        place = Path(path)
        if place.is_dir() and path != STANDARD_INPUT:
            for found in _walk(place, excluded, settings.respect_gitignore):
                if isinstance(found, Problem):
                    problems.append(found)
                else:
                    files.setdefault(os.path.realpath(found), found)
        elif path != STANDARD_INPUT and not os.path.lexists(path):
            problems.append(Problem(path, None, "no such file or directory; check the path"))
        elif not (settings.force_exclude and excluded.covers(place.absolute())):
            files.setdefault(path if path == STANDARD_INPUT else os.path.realpath(path), path)
    return Discovery(tuple(files.values()), tuple(problems))


def _walk(top: Path, excluded: Exclusion, respect_gitignore: bool) -> Iterator[str | Problem]:
    start = governing(top.resolve()) if respect_gitignore else GitIgnores()
    pending = [(top, start)]
    while pending:
        directory, ignores = pending.pop()
        absolute = directory.resolve()
        here = ignores.enter(absolute) if respect_gitignore else ignores
        below: list[tuple[Path, GitIgnores]] = []
        try:
            entries = _entries(directory)
        except OSError as error:
            yield Problem(str(directory), None, f"cannot be listed ({error.strerror}); check its permissions")
            continue
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            wanted = is_directory or (entry.name.endswith(SUFFIXES) and entry.is_file())
            place = absolute / entry.name
            if not wanted or excluded.matches(place) or here.ignores(place, directory=is_directory):
                continue
            if is_directory:
                below.append((directory / entry.name, here))
            else:
                yield str(directory / entry.name)
        pending += reversed(below)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return sorted(entries, key=lambda entry: entry.name)
