"""One file: read, scan, analyse. Holds the one error boundary a file has."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.source import decode, may_hold_suppression
from vmapify.source.listing import real
from vmapify.source.read import SUFFIX, is_plain, raw_bytes, worth_analysing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Finding, Problem
    from vmapify.infer import Modules
    from vmapify.rewrite import Look
    from vmapify.source import SourceFile
    from vmapify.source.suppression import Suppression


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave.

    ``digest`` is that of the bytes which were analysed, empty if there was nothing to analyse or something went wrong;
    ``places`` and ``files`` are the
    directories and the other files that the findings rest on.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    places: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def alone(self) -> FileResult:
        """The same without what it rests on."""
        return replace(self, places=(), files=())


class Analyser:
    """Analyses the files of one run, in the project whose top directory is ``root``.

    ``blocked``: loops that must stay are asked for, too.
    """

    __slots__ = ("_blocked", "_modules", "_root")

    def __init__(self, root: Path, *, blocked: bool = True) -> None:
        self._root = root
        self._blocked = blocked
        self._modules: Modules | None = None

    def file(self, path: str) -> FileResult:
        """Read and analyse the file at ``path``."""
        raw = raw_bytes(path)
        if not isinstance(raw, bytes):
            return FileResult(path, problems=(raw,))
        if is_plain(raw) and not path.endswith(SUFFIX) and not (worth_analysing(raw) or may_hold_suppression(raw)):
            return self._looked_at(FileResult(path), raw)
        source = decode(path, raw)
        from vmapify.diagnostic import Problem  # noqa: PLC0415 - a file like most others needs none of the types

        if isinstance(source, Problem):
            return FileResult(path, problems=(source,), digest=digest(raw))
        return self._looked_at(self.source(source, digest(raw)), raw)

    def _looked_at(self, result: FileResult, raw: bytes) -> FileResult:
        """The result; where everything is asked for, with what is wrong in a file that nothing was looked for in."""
        if not self._blocked or result.findings or result.problems:
            return result
        from vmapify.pipeline.file_errors import what_is_wrong  # noqa: PLC0415 - only where everything is asked for

        problem = what_is_wrong(result.path)
        return result if problem is None else FileResult(result.path, problems=(problem,), digest=digest(raw))

    def source(self, source: SourceFile, mark: str = "", look: Look | None = None) -> FileResult:
        """The findings and suppression comments of one source, or the problem that kept us from them.

        ``mark`` is the digest of its file, which the result bears unless it might be another one next time. ``look`` says
        which part of it is wanted.
        """
        if not worth_analysing(source.data):
            comments = _comments(source, ())
            return FileResult(source.path, suppressions=comments, digest=mark if comments else "")
        modules = self._begin()
        findings: Sequence[Finding] = ()
        problems: tuple[Problem, ...] = ()
        try:
            from vmapify.rewrite import analyze  # noqa: PLC0415 - most files never need the analyser

            roots = project_roots(source.path, self._root, modules)
            # whether a comment silences anything is only known if every loop is
            wanted = self._blocked or may_hold_suppression(source.data)
            findings = analyze(source, roots, modules, blocked=wanted, look=look)
        except SyntaxError as error:
            from vmapify.pipeline.file_errors import unparsable  # noqa: PLC0415 - rare

            problems = (unparsable(source, error),)
        except (RecursionError, MemoryError):  # which one, depends on the parser
            from vmapify.pipeline.file_errors import too_deep  # noqa: PLC0415 - rare

            problems, mark = (too_deep(source.path),), ""
        except Exception as error:
            from vmapify.pipeline.file_errors import internal  # noqa: PLC0415 - rare

            problems, mark = (internal(source.path, error),), ""
        if any(cell.unread for cell in source.cells):
            from vmapify.pipeline.file_errors import unread_cells  # noqa: PLC0415 - rare

            problems = (*unread_cells(source), *problems)
        gc.collect(0)  # frames and what they bind hold each other, and the tree with them; all of it is young
        ordered = tuple(sorted(findings, key=lambda finding: finding.loop))
        if ordered:
            note_settings(source.path, modules)
        comments, rests = _comments(source, ordered), (tuple(sorted(modules.places)), tuple(sorted(modules.files)))
        return FileResult(source.path, ordered, comments, problems, mark, *rests)

    def _begin(self) -> Modules:
        from vmapify.infer import Modules  # noqa: PLC0415

        if self._modules is None:
            self._modules = Modules()
        self._modules.begin()
        return self._modules

    def news(self) -> dict[str, dict[str, str]]:
        """What was looked for in directories, and what was there, since this was last asked."""
        return self._modules.news() if self._modules is not None else {}


def digest(raw: bytes) -> str:
    """What tells the contents of a file from any other."""
    from hashlib import blake2b  # noqa: PLC0415 - only what is analysed is told apart

    return blake2b(raw, digest_size=16).hexdigest()


def analyse_source(source: SourceFile, root: Path, *, blocked: bool = True) -> FileResult:
    """What one source gives by itself."""
    return Analyser(root, blocked=blocked).source(source)


def _comments(source: SourceFile, findings: Sequence[Finding]) -> tuple[Suppression, ...]:
    """The suppression comments, where there may be any that matter: without a finding, those of other tools do not."""
    data = source.data
    if not (may_hold_suppression(data) or (findings and b"noqa" in data.lower())):
        return ()
    from vmapify.source.suppression import suppressions  # noqa: PLC0415 - few files have such comments

    return suppressions(source)


def project_roots(path: str, root: Path, modules: Modules) -> tuple[Path, ...]:
    """Directories that absolute imports in the file at ``path`` may start from, most likely first.

    The directory above its outermost package, the project's top and the project's ``src``.
    """
    package = os.path.dirname(real(path))
    while modules.kind(package, "__init__.py") and package != os.path.dirname(package):
        package = os.path.dirname(package)
    top = os.path.realpath(root)
    places = (package, top, *((os.path.join(top, "src"),) if modules.kind(top, "src") == "d" else ()))
    return tuple(Path(place) for place in dict.fromkeys(places))


SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml", ".flake8", "setup.cfg", "tox.ini")
"""Files that say how long a line may be."""


def note_settings(path: str, modules: Modules) -> None:
    """Note that the text of a rewrite rests on the nearest files that say how code is laid out."""
    directory = os.path.dirname(real(path))
    while True:
        found = [name for name in SETTINGS if modules.kind(directory, name) == "f"]
        modules.files.update(os.path.join(directory, name) for name in found)
        above = os.path.dirname(directory)
        if "pyproject.toml" in found or modules.kind(directory, ".git") or above == directory:
            return
        directory = above
