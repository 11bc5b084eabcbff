"""Finding the source of a dotted module name by path, without importing anything."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vmapify.infer.callables import Frame
from vmapify.source.listing import real

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.infer.modules import Modules
    from vmapify.syntax import Module


class Project:
    """Resolves imports of one file: its own package, its project, then ``search`` (site-packages).

    ``modules`` is shared by all files of a run. ``frames`` (by path, None if unreadable) are shared only by the files
    that are followed from one: what becomes known of a module's names depends on how one came there.
    """

    def __init__(
        self, path: Path, search: tuple[Path, ...], modules: Modules, frames: dict[str, Frame | None] | None = None
    ) -> None:
        self.path = path
        self.search = search
        self.modules = modules
        self._frames: dict[str, Frame | None] = {} if frames is None else frames
        self._finder = modules.finder(str(path.parent), tuple(map(str, search)))
        self._others: dict[str, Project] = {}

    @cached_property
    def package(self) -> str:
        """Dotted name of the package that holds the file, empty for a script."""
        return self._finder.package()

    def absolute(self, module: str | None, level: int) -> str:
        """The absolute name of ``from <level dots><module> import …`` in this file."""
        if not level:
            return module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - level + 1]
        return ".".join([*base, *([module] if module else [])])

    def find(self, name: str) -> str | None:
        """The file of module ``name`` (a package's ``__init__.py``), or None."""
        return self._finder.find(name)

    def frame(self, name: str) -> Frame | None:
        """The module-level frame of module ``name``, None if it cannot be found or read."""
        path = self.find(name)
        if path is None:
            return None
        if path not in self._frames:
            parsed = self.modules.parsed(path)
            self._frames[path] = Frame(*parsed, None) if parsed is not None else None
        return self._frames[path]

    def anew(self) -> Project:
        """The same, for another look at the file that shall leave no trace."""
        return Project(self.path, self.search, self.modules)

    def of(self, module: Module) -> Project:
        """The resolver for another file that is being followed."""
        if module.path not in self._others:
            path = type(self.path)(real(module.path))
            own = path == self.path
            self._others[module.path] = self if own else Project(path, self.search, self.modules, self._frames)
        return self._others[module.path]
