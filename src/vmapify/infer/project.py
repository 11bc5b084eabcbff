"""Finding the source of a dotted module name by path, without importing anything."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.infer.callables import Frame
from vmapify.syntax import Scope, parse

if TYPE_CHECKING:
    from vmapify.syntax import Module

MAX_BYTES = 2_000_000  # a generated module of this size holds no per-example function worth following
LEVELS = 8  # directories above the file that are looked at for its own project


class Project:
    """Resolves imports of one file: its own package, its project, then ``search`` (site-packages).

    Parsed modules are shared through ``cache`` (path to module-level frame, None if unreadable).
    """

    def __init__(self, path: Path, search: tuple[Path, ...], cache: dict[Path, Frame | None]) -> None:
        self.path = path
        self.search = search
        self.cache = cache
        self._paths: dict[str, Path | None] = {}
        self._others: dict[str, Project] = {}

    @cached_property
    def package(self) -> str:
        """Dotted name of the package that holds the file, empty for a script."""
        parts: list[str] = []
        folder = self.path.parent
        while (folder / "__init__.py").is_file() and folder.parent != folder:
            parts.append(folder.name)
            folder = folder.parent
        return ".".join(reversed(parts))

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """Folders whose children may be top-level packages, nearest first."""
        folder = self.path.parent
        found: list[Path] = []
        for _ in range(LEVELS):
            found += [folder, folder / "src"]
            if (folder / "pyproject.toml").is_file() or folder.parent == folder:
                break
            folder = folder.parent
        return (*found, *self.search)

    def absolute(self, module: str | None, level: int) -> str:
        """The absolute name of ``from <level dots><module> import …`` in this file."""
        if not level:
            return module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - level + 1]
        return ".".join([*base, *([module] if module else [])])

    def find(self, name: str) -> Path | None:
        """The file of module ``name`` (a package's ``__init__.py``), or None."""
        if name not in self._paths:
            self._paths[name] = self._search_for(name)
        return self._paths[name]

    def _search_for(self, name: str) -> Path | None:
        relative = Path(*name.split("."))
        for root in self.roots:
            package = root / relative / "__init__.py"
            if package.is_file():
                return package
            plain = (root / relative).with_suffix(".py")
            if plain.is_file():
                return plain
        return None

    def frame(self, name: str) -> Frame | None:
        """The module-level frame of module ``name``, None if it cannot be found or read."""
        path = self.find(name)
        if path is None:
            return None
        if path not in self.cache:
            self.cache[path] = _load(path)
        return self.cache[path]

    def of(self, module: Module) -> Project:
        """The resolver for another file that is being followed."""
        if module.path not in self._others:
            path = Path(module.path)
            self._others[module.path] = self if path == self.path else Project(path, self.search, self.cache)
        return self._others[module.path]


def _load(path: Path) -> Frame | None:
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            return None
        module = parse(str(path), data.removeprefix(b"\xef\xbb\xbf"))
    except (OSError, SyntaxError, ValueError):
        return None
    return Frame(module, Scope.of(module.tree), None)
