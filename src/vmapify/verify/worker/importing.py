"""Load the sites' files with their calls in place, however the workload comes to run them.

Four ways lead to a file: an ordinary import, ``python -m``, ``python script.py`` and pytest's assertion
rewriting. The first two go through a finder at the head of ``sys.meta_path``. The interpreter asks
``sys.path_hooks`` whether a script's path is an archive with a ``__main__``; answering yes for the sites'
files puts scripts through the same loader. pytest compiles test modules itself, so its loader is wrapped as
soon as it is imported. None of them reads or writes a bytecode cache.
"""

from __future__ import annotations

import linecache
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .instrument import forget_spec, instrumented

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, ModuleType

    from .plan import SitePlan
    from .timed import TimedLoop

PYTEST_REWRITER = "_pytest.assertion.rewrite"


class Files:
    """The files that hold sites, or have another text, by real path.

    ``missing`` is told the keys that were not found in a file, ``replaced`` holds the other texts. ``insert`` puts calls into
    the tree of a file: before sites, or around loops that are timed.
    """

    def __init__(
        self,
        sites: Sequence[SitePlan | TimedLoop],
        missing: Callable[[set[int]], None],
        replaced: dict[str, str] | None = None,
        insert: Callable[..., tuple[Any, set[int]]] = instrumented,
    ) -> None:
        self._insert = insert
        self._missing = missing
        self._texts = {os.path.realpath(path): text for path, text in (replaced or {}).items()}
        self._sites: dict[str, list[SitePlan | TimedLoop]] = {path: [] for path in self._texts}
        for site in sites:
            self._sites.setdefault(os.path.realpath(site.path), []).append(site)
        paths = [Path(path) for path in self._sites]
        self.names = {path.parent.name if path.stem == "__init__" else path.stem for path in paths}

    def hold(self, path: str | None) -> bool:
        """Whether a site stands in the file."""
        return path is not None and os.path.realpath(path) in self._sites

    def tree(self, path: str) -> Any:
        """The tree of a file that holds a site, instrumented."""
        source, sites = self.source(path), self._sites[os.path.realpath(path)]
        tree, found = self._insert(source, path, sites)
        self._missing({site.key for site in sites} - found)
        return tree

    def source(self, path: str) -> bytes:
        """The text of a file; another one than is on disk is also what tracebacks show."""
        text = self._texts.get(os.path.realpath(path))
        if text is None:
            return Path(path).read_bytes()
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        return text.encode("utf-8")


class SiteLoader(SourceFileLoader):
    """Compiles a site's file from source, instrumented; caches nothing."""

    def __init__(self, files: Files, name: str, path: str) -> None:
        super().__init__(name, path)
        self._files = files

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 (the loader protocol)
        """The module's code."""
        tree = self._files.tree(self.path)
        return compile(tree, self.path, "exec", dont_inherit=True)


class ScriptLoader(SiteLoader):
    """Poses as the entry of ``sys.path`` that holds ``__main__`` when the interpreter runs a site's file."""

    def find_spec(self, fullname: str, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """The script under the name ``__main__``, nothing else."""
        return ModuleSpec(fullname, self, origin=self.path) if fullname == "__main__" else None

    def get_filename(self, name: str | None = None) -> str:  # noqa: ARG002 (the loader protocol)
        """The script's absolute path, for ``__file__``."""
        return self.path

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 (the loader protocol)
        """The script's code, after giving ``sys.path[0]`` the value that it has for a script."""
        sys.path[0] = str(Path(self.path).parent)
        tree = self._files.tree(self.path)
        forget_spec(tree)
        return compile(tree, self.path, "exec", dont_inherit=True)


class SiteFinder:
    """Asks the other finders where a module is and swaps the loader if a site stands in it."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec with our loader, or None to let the other finders go on."""
        if fullname != PYTEST_REWRITER and fullname.rpartition(".")[2] not in self._files.names:
            return None
        spec = self._elsewhere(fullname, path, target)
        if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        if fullname == PYTEST_REWRITER:
            spec.loader = _RewriterLoader(self._files, fullname, spec.origin)
            return spec
        if not self._files.hold(spec.origin):
            return None
        spec.loader = SiteLoader(self._files, fullname, spec.origin)
        return spec

    def _elsewhere(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is self or type(finder).__module__ == PYTEST_REWRITER:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                return spec
        return None


class _RewriterLoader(SourceFileLoader):
    """Loads pytest's rewriter and wraps the method that compiles test modules."""

    def __init__(self, files: Files, name: str, path: str) -> None:
        super().__init__(name, path)
        self._files = files

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        wrap_rewriter(module, self._files)


def wrap_rewriter(rewriter: Any, files: Files) -> None:
    """Let pytest compile a site's file from its instrumented tree; its assertions are rewritten as usual."""
    hook = rewriter.AssertionRewritingHook
    original = hook.exec_module

    def exec_module(self: Any, module: ModuleType) -> None:
        path = module.__spec__.origin if module.__spec__ else None
        if path is None or not files.hold(path):
            original(self, module)
            return
        source, tree = files.source(path), files.tree(path)
        self._rewritten_names[module.__name__] = Path(path)
        rewriter.rewrite_asserts(tree, source, path, self.config)
        exec(compile(tree, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (the user's module)

    hook.exec_module = exec_module


def install(files: Files) -> None:
    """Put the finder and the script hook in place."""

    def script_hook(path: str) -> ScriptLoader:
        if not files.hold(path):
            raise ImportError(path)
        return ScriptLoader(files, "__main__", str(Path(path).absolute()))

    sys.meta_path.insert(0, SiteFinder(files))
    sys.path_hooks.insert(0, script_hook)
    sys.path_importer_cache.clear()
