"""The files around a module that may import it: found by the words in them, before anything is parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vmapify.infer.modules import Imports
    from vmapify.syntax import Module

MOST_FILES = 1000
MOST_DIRECTORIES = 500
_NAME = re.compile(r"[\w.]+")
PASSED_OVER = {"__pycache__", "node_modules", "site-packages", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Imported:
    """A module that others may import: its file and its dotted name, part by part, from its outermost package on."""

    path: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, project: Project) -> Imported:
        """The module in ``project``'s file."""
        packages = tuple(part for part in project.package.split(".") if part)
        package = project.path.stem == "__init__" and bool(packages)
        return cls(str(project.path), packages if package else (*packages, project.path.stem))

    def is_called(self, name: str, project: Project) -> bool:
        """Whether ``name`` may be this module where ``project``'s file imports it; one that nobody finds may be by its end."""
        parts = tuple(name.split("."))
        if parts[-1] != self.parts[-1]:
            return False
        found = project.find(name)
        return found == self.path or (found is None and self.parts[-len(parts) :] == parts)


def importers(project: Project, names: Iterable[str]) -> Iterator[Module]:
    """The modules around ``project``'s file, itself among them, that may import it and hold one of ``names`` or a ``*``."""
    modules, wanted = project.modules, Imported.of(project)
    for path in _sources(project):
        found = modules.imports(path)
        if not _imports(found, wanted, path, project):
            continue
        whole = any("*" in taken for _, taken in found.statements)
        parsed = modules.parsed(path) if whole or modules.mentions(path, names) else None
        if parsed is not None:
            yield parsed[0]


def _imports(found: Imports, wanted: Imported, path: str, project: Project) -> bool:
    """Whether the file at ``path``, which imports ``found``, may import ``wanted``."""
    last = wanted.parts[-1]
    resolver = Project(type(project.path)(path), project.search, project.modules)
    for base, taken in found.statements:
        if base and (last in taken or base.endswith((last, "."))):
            level = len(base) - len(base.lstrip("."))
            origin = resolver.absolute(base[level:], level)
            whole = [origin, *([f"{origin}.{last}".lstrip(".")] if last in taken else [])]
            if any(wanted.is_called(name, resolver) for name in whole):
                return True
        elif not base and any(_leads_to(name, wanted, resolver, path) for name in _NAME.findall(taken)):
            return True
    return any(last in text for text in found.texts)


def _leads_to(name: str, wanted: Imported, resolver: Project, path: str) -> bool:
    """``import package.module``; of a package, the module may be an attribute that the file asks for."""
    parts = tuple(name.split("."))
    package = len(parts) < len(wanted.parts) and wanted.parts[: len(parts)] == parts
    return wanted.is_called(name, resolver) or (package and resolver.modules.mentions(path, wanted.parts[-1:]))


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
