"""The files around a module that may import it: found by the words in them, before anything is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer.project import Project
    from vmapify.syntax import Module

MOST_FILES = 1000
MOST_DIRECTORIES = 500
PASSED_OVER = {"__pycache__", "node_modules", "site-packages", "build", "dist"}


def module_parts(project: Project) -> tuple[str, ...]:
    """The dotted name of the module in ``project``'s file, part by part, from its outermost package on."""
    packages = tuple(part for part in project.package.split(".") if part)
    return packages if project.path.stem == "__init__" and packages else (*packages, project.path.stem)


def importers(project: Project, names: set[str]) -> Iterator[Module]:
    """The modules around ``project``'s file, itself among them, that may import it and hold one of ``names`` or a ``*``."""
    modules = project.modules
    *packages, last = (part.encode() for part in module_parts(project))
    own = frozenset({last, *((b".",) if project.path.stem == "__init__" else ())})
    wanted = frozenset(name.encode() for name in names)
    for other in _sources(project):
        words = modules.imported_words(other)
        imports = not words.isdisjoint(own)
        if not imports and (words.isdisjoint(packages) or not modules.mentions(other, own)):
            continue
        reads = b"*" in words or modules.mentions(other, wanted)
        parsed = modules.parsed(other) if reads else None
        if parsed is not None:
            yield parsed[0]


def _sources(project: Project) -> Iterator[str]:
    """Python files of the directory of the file, of its package, and of the project; those that are near first."""
    pending = [str(project.path.parent), *map(str, project.search)]
    seen: set[str] = set()
    left = MOST_FILES
    while pending and left > 0 and len(seen) < MOST_DIRECTORIES:
        directory = pending.pop(0)
        if directory in seen:
            continue
        seen.add(directory)
        files, below = project.modules.sources(directory)
        yield from files[:left]
        left -= len(files)
        pending += [path for name, path in below if name not in PASSED_OVER and not name.startswith(".")]
