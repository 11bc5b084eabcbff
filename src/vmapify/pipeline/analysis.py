"""One file: read, scan, analyse. Holds the one error boundary a file has."""

from __future__ import annotations

import ast
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Finding, Problem
from vmapify.source import SourceFile, may_hold_candidate, read
from vmapify.source.suppression import Suppression, suppressions

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave. ``source`` is None where it could not be read."""

    path: str
    source: SourceFile | None = None
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()


def analyse_file(path: str, root: Path) -> FileResult:
    """Read and analyse the file at ``path``, in the project whose top directory is ``root``."""
    source = read(path)
    if isinstance(source, Problem):
        return FileResult(path, problems=(source,))
    return analyse_source(source, root)


def analyse_source(source: SourceFile, root: Path) -> FileResult:
    """The findings and suppression comments of one source, or the problem that kept us from them."""
    findings: Sequence[Finding] = ()
    problems: tuple[Problem, ...] = ()
    if may_hold_candidate(source.data):
        try:
            from vmapify.rewrite import analyze  # noqa: PLC0415 - most files never need the analyser

            findings = analyze(source, project_roots(source.path, root))
        except SyntaxError as error:
            problems = (_unparsable(source, error),)
        except Exception as error:
            problems = (_internal(source.path, error),)
    ordered = tuple(sorted(findings, key=lambda finding: finding.loop))
    return FileResult(source.path, source, ordered, suppressions(source), problems)


def project_roots(path: str, root: Path) -> tuple[Path, ...]:
    """Directories that absolute imports in the file at ``path`` may start from, most likely first.

    The directory above its outermost package, the project's top and the project's ``src``.
    """
    package = Path(path).resolve().parent
    while (package / "__init__.py").exists() and package != package.parent:
        package = package.parent
    places = (package, root, root / "src")
    return tuple(dict.fromkeys(place for place in places if place.is_dir()))


def _unparsable(source: SourceFile, error: SyntaxError) -> Problem:
    message = f"cannot be parsed: {error.msg}; mend the syntax or exclude the file"
    for cell in source.cells:
        own = _syntax_error(source.data[cell.span.start : cell.span.end])
        if own is not None:
            message = message.replace(error.msg, own.msg)
            return Problem(source.path, own.lineno, message, cell.number)
    place = source.place_of_line(error.lineno or 1)
    return Problem(source.path, place.line if error.lineno else None, message, place.cell)


def _syntax_error(text: bytes) -> SyntaxError | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error
    return None


def _internal(path: str, error: Exception) -> Problem:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    text = " ".join(str(error).split())[:200]
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Problem(path, None, f"internal error: {what} (at {place}); the file was skipped, please report it")
