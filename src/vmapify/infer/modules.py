"""The modules that the files of one run import: where they are looked for, and their trees."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.source.listing import SOURCES, listing, sources_in
from vmapify.syntax import Scope, skim

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vmapify.syntax import Module

MAX_BYTES = 2_000_000  # a generated module of this size holds no per-example function worth following
LEVELS = 8  # directories above the file that are looked at for its own project
MOST_PARSED = 1_000_000  # bytes of source whose trees are kept while files are analysed; trees are 40 times as large
_STATEMENT = re.compile(
    rb"(?:^|[;:\"'])[ \t]*(?:>>>[ \t]*)?"
    rb"(?:import\b[ \t]*([^\n;#]*)|from[ \t]+([\w.]+)[ \t]+import\b(?:[ \t]*\(([^)]*)\)|([^\n;#]*)))",
    re.MULTILINE,
)
_CONTINUED = re.compile(rb"\\\r?\n")
_BY_TEXT = re.compile(rb"\b(?:import_module|__import__|modules|run_module|run_path|patch|setattr)\b")
_TEXT = re.compile(rb"""[(\[][ \t\n]*["']([\w./]+)["']""")


@dataclass(frozen=True, slots=True)
class Imports:
    """What a file imports, as far as its text tells: pairs of a module (empty for ``import a, b``) and what is taken of it.

    ``texts`` may name modules, or things in them, for calls such as ``import_module``.
    """

    statements: tuple[tuple[str, str], ...]
    texts: frozenset[str]


class Modules:
    """Directory listings and parsed modules, shared by all files of a run, and a record of what each of them asked for.

    ``places`` and ``files`` are the directories and the modules that the analysis of the present file rests on.
    """

    def __init__(self) -> None:
        self.places: set[str] = set()
        self.files: set[str] = set()
        self._asked: dict[str, dict[str, str]] = {}
        self._listings: dict[str, dict[str, str]] = {}
        self._finders: dict[tuple[str, tuple[str, ...]], Finder] = {}
        self._held = 0
        self._parsed: dict[str, tuple[Module, Scope] | None] = {}
        self._imports: dict[str, Imports] = {}

    def begin(self) -> None:
        """Another file is analysed from here on."""
        self.places, self.files = set(), set()

    def kind(self, directory: str, name: str) -> str:
        """``d`` for a directory, ``f`` for a file, nothing for what is not there."""
        found = self._listed(directory).get(name, "")
        self._asked.setdefault(directory, {})[name] = found
        self.places.add(directory)
        return found

    def sources(self, directory: str) -> tuple[list[str], list[tuple[str, str]]]:
        """The paths of the Python files in a directory, and the names and paths of the directories, in order."""
        found = self._listed(directory)
        self._asked.setdefault(directory, {})[SOURCES] = sources_in(found)
        self.places.add(directory)
        paths = [(name, kind, os.path.join(directory, name)) for name, kind in sorted(found.items())]
        files = [path for name, kind, path in paths if kind == "f" and name.endswith(".py")]
        return files, [(name, path) for name, kind, path in paths if kind == "d"]

    def _listed(self, directory: str) -> dict[str, str]:
        if directory not in self._listings:
            self._listings[directory] = listing(directory)
        return self._listings[directory]

    def news(self) -> dict[str, dict[str, str]]:
        """What was looked for in directories, and what was there, since this was last asked."""
        asked, self._asked = self._asked, {}
        return asked

    def finder(self, directory: str, search: tuple[str, ...]) -> Finder:
        """What looks for the modules that the files of ``directory`` import."""
        key = (directory, search)
        if key not in self._finders:
            self._finders[key] = Finder(self, directory, search)
        return self._finders[key]

    def parsed(self, path: str) -> tuple[Module, Scope] | None:
        """The module in the file at ``path`` and the names it binds; None if it cannot be read."""
        self.files.add(path)
        if path not in self._parsed:
            self._parsed[path] = found = _load(path)
            self._held += len(found[0].data) if found is not None else 0
            while self._held > MOST_PARSED and len(self._parsed) > 1:
                oldest = self._parsed.pop(next(iter(self._parsed)))
                self._held -= len(oldest[0].data) if oldest is not None else 0
        return self._parsed[path]

    def imports(self, path: str) -> Imports:
        """What the file at ``path`` imports; nothing if it cannot be read."""
        self.files.add(path)
        if path not in self._imports:
            self._imports[path] = _imports(_contents(path) or b"")
        return self._imports[path]

    def mentions(self, path: str, words: Iterable[str]) -> bool:
        """Whether the file at ``path`` holds one of ``words``."""
        self.files.add(path)
        pattern = rf"\b(?:{'|'.join(map(re.escape, words))})\b"
        return re.search(pattern.encode(), _contents(path) or b"") is not None


class Finder:
    """Looks for modules from one directory: in its project, then in ``search``."""

    def __init__(self, modules: Modules, directory: str, search: tuple[str, ...]) -> None:
        self._modules = modules
        self._directory = directory
        self._search = search
        self._found: dict[str, tuple[str | None, frozenset[str]]] = {}

    def find(self, name: str) -> str | None:
        """The file of module ``name`` (a package's ``__init__.py``), or None."""
        if name not in self._found:
            before, self._modules.places = self._modules.places, set()
            found = next(self._matches([part for part in name.split(".") if part]), None)
            self._found[name] = (found, frozenset(self._modules.places))
            self._modules.places = before
        found, places = self._found[name]
        self._modules.places |= places
        return found

    def package(self) -> str:
        """Dotted name of the package that the directory is, empty for none."""
        parts: list[str] = []
        directory = self._directory
        while self._modules.kind(directory, "__init__.py") == "f" and os.path.dirname(directory) != directory:
            directory, name = os.path.split(directory)
            parts.append(name)
        return ".".join(reversed(parts))

    def _matches(self, parts: list[str]) -> Iterator[str]:
        for root in self._roots():
            directory = self._below(root, parts[:-1])
            last = parts[-1] if parts else ""
            package = directory if not last else self._below(directory, [last])
            if package is not None and self._modules.kind(package, "__init__.py") == "f":
                yield os.path.join(package, "__init__.py")
            if directory is not None and last and self._modules.kind(directory, f"{last}.py") == "f":
                yield os.path.join(directory, f"{last}.py")

    def _roots(self) -> Iterator[str]:
        """Directories whose children may be top-level packages, nearest first."""
        directory = self._directory
        for _ in range(LEVELS):
            yield directory
            if self._modules.kind(directory, "src") == "d":
                yield os.path.join(directory, "src")
            above = os.path.dirname(directory)
            if above == directory or self._modules.kind(directory, "pyproject.toml") == "f":
                break
            directory = above
        yield from self._search

    def _below(self, directory: str | None, parts: list[str]) -> str | None:
        """The directory that ``parts`` lead to; None where there is none."""
        for part in parts:
            if directory is None or self._modules.kind(directory, part) != "d":
                return None
            directory = os.path.join(directory, part)
        return directory


def _load(path: str) -> tuple[Module, Scope] | None:
    data = _contents(path)
    if data is None:
        return None
    try:
        module = skim(_shown(path), data.removeprefix(b"\xef\xbb\xbf"))
    except (SyntaxError, ValueError, RecursionError):
        return None
    return module, Scope.of(module.tree)


def _contents(path: str) -> bytes | None:
    """What the file holds; None if it cannot be read or is too large."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MAX_BYTES else None


def _imports(data: bytes) -> Imports:
    lines = _CONTINUED.sub(b" ", data) if b"\\" in data else data
    found = _STATEMENT.findall(lines) if b"import" in data else []
    statements = [
        (base.decode(), (plain or several or taken).decode(errors="replace")) for plain, base, several, taken in found
    ]
    texts = _TEXT.findall(data) if _BY_TEXT.search(data) is not None else []
    return Imports(tuple(statements), frozenset(text.decode(errors="replace") for text in texts))


def _shown(path: str) -> str:
    """How a file is called in a report: relative to the working directory if it is below."""
    here = os.path.join(os.getcwd(), "")
    return path.removeprefix(here)
