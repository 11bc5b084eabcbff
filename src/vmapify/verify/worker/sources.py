"""Run a source that came in a bundle, as the module that it was, behind the wall, and no further than needed."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import importlib.util
import linecache
import sys
import types
from dataclasses import dataclass
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .calling import told
from .instrument import HOOK, instrumented
from .late_callbacks import LEFTOVERS
from .region import FUTURE_FLAGS
from .settings import compilation_cache
from .store import codes_in
from .wall import Walled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .plan import SitePlan


class _Reached(BaseException):
    """Ends the run of a source whose regions have all been reached. Not an Exception, so user code lets it pass."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that has run: its namespace, code objects, the flags of its ``__future__`` imports, what went wrong."""

    space: dict[str, Any]
    codes: list[types.CodeType]
    flags: int
    trouble: str | None


def run_source(name: str, path: str, text: str, sites: Iterable[SitePlan]) -> Source:
    """Run a source as the module it was, behind the wall, until all regions in it have been reached."""
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    plain_code, error = attempt(lambda: compile(text, path, "exec", dont_inherit=True))
    if error is not None:
        return Source({}, [], 0, f"{path} cannot be compiled here: {told(error)}")
    tree, found = instrumented(text.encode("utf-8", "surrogatepass"), path, sites)
    code = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
    pending = set(found)

    def reached(key: int) -> None:
        pending.discard(key)
        if not pending:
            raise _Reached

    _make_importable(name, path)
    module = types.ModuleType(name)
    setattr(builtins, HOOK, reached)
    error = _walled(functools.partial(_execute, name, path, code, module))
    setattr(builtins, HOOK, lambda _: None)
    sys.modules[name] = module
    trouble = None if error is None else _lacking(path, error)
    return Source(module.__dict__, codes_in(plain_code), plain_code.co_flags & FUTURE_FLAGS, trouble)


def _make_importable(name: str, path: str) -> None:
    """The folders that were on the path, if they are here, too."""
    above = name.count(".") + (Path(path).stem == "__init__")
    parents = Path(path).absolute().parents
    for folder in (parents[0], parents[min(above, len(parents) - 1)]):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def _execute(name: str, path: str, code: types.CodeType, module: types.ModuleType) -> None:
    """Run the code: inside its package if that is here, so that its neighbours come in their usual order."""
    package = name.partition(".")[0]
    spec, _ = attempt(lambda: importlib.util.find_spec(package))
    if name == "__main__" or spec is None or "." not in name:
        module.__file__, module.__package__ = path, name.rpartition(".")[0] or None
        sys.modules[name] = module
        exec(code, module.__dict__)  # noqa: S102 (one of the two sources)
        return
    for loaded in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
        del sys.modules[loaded]
    finder = _Finder(name, path, code, module)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(name)
    finally:
        sys.meta_path.remove(finder)


class _Finder(Loader):
    """Finder and loader of one module, whose code is not that of the file."""

    def __init__(self, name: str, path: str, code: types.CodeType, module: types.ModuleType) -> None:
        self._name, self._path, self._code, self._module = name, path, code, module

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """The module under its name, nothing else."""
        if fullname != self._name:
            return None
        spec = ModuleSpec(fullname, self, origin=self._path, is_package=Path(self._path).stem == "__init__")
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(Path(self._path).parent.absolute()))
        return spec

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:  # noqa: ARG002 (the loader protocol)
        """The module that will be looked at later."""
        return self._module

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source in it."""
        module.__file__ = self._path
        exec(self._code, module.__dict__)  # noqa: S102 (one of the two sources)


def _walled(call: Callable[[], None]) -> BaseException | None:
    with LEFTOVERS.contained(spared=compilation_cache()):
        try:
            return attempt(call)[1]
        except _Reached:
            return None
        except Walled as stop:
            return stop


def _lacking(path: str, error: BaseException) -> str:
    """Why a source does not run here, in one line."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{path} imports {error.name}, which this machine lacks; install it, or verify where the project is"
    if isinstance(error, Walled):
        return f"{path} does more than compute before it comes to the loop, so it was stopped: {error}"
    return f"{path} does not run here: {told(error)}"
