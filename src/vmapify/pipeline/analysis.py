"""One file: read, scan, analyse. Holds the one error boundary a file has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.source import decode, may_hold_suppression
from vmapify.source.read import SUFFIX, is_plain, raw_bytes, worth_analysing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Finding, Problem
    from vmapify.source import SourceFile
    from vmapify.source.suppression import Suppression


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave. ``source`` is None where it could not be read, and where nothing is said about it."""

    path: str
    source: SourceFile | None = None
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()


def analyse_file(path: str, root: Path, *, blocked: bool = True) -> FileResult:
    """Read and analyse the file at ``path``, in the project whose top directory is ``root``.

    ``blocked``: loops that must stay are asked for, too.
    """
    raw = raw_bytes(path)
    if not isinstance(raw, bytes):
        return FileResult(path, problems=(raw,))
    if is_plain(raw) and not path.endswith(SUFFIX) and not (worth_analysing(raw) or may_hold_suppression(raw)):
        return FileResult(path)
    source = decode(path, raw)
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - a file like most others needs none of the types

    return (
        FileResult(path, problems=(source,))
        if isinstance(source, Problem)
        else analyse_source(source, root, blocked=blocked)
    )


def analyse_source(source: SourceFile, root: Path, *, blocked: bool = True) -> FileResult:
    """The findings and suppression comments of one source, or the problem that kept us from them."""
    findings: Sequence[Finding] = ()
    problems: tuple[Problem, ...] = ()
    if worth_analysing(source.data):
        try:
            from vmapify.rewrite import analyze  # noqa: PLC0415 - most files never need the analyser

            # whether a comment silences anything is only known if every loop is
            every = blocked or may_hold_suppression(source.data)
            findings = analyze(source, project_roots(source.path, root), blocked=every)
        except SyntaxError as error:
            from vmapify.pipeline.mishaps import unparsable  # noqa: PLC0415 - rare

            problems = (unparsable(source, error),)
        except Exception as error:
            from vmapify.pipeline.mishaps import internal  # noqa: PLC0415 - rare

            problems = (internal(source.path, error),)
    ordered = tuple(sorted(findings, key=lambda finding: finding.loop))
    return FileResult(source.path, source, ordered, _comments(source, ordered), problems)


def _comments(source: SourceFile, findings: Sequence[Finding]) -> tuple[Suppression, ...]:
    """The suppression comments, where there may be any that matter: without a finding, those of other tools do not."""
    data = source.data
    if not (may_hold_suppression(data) or (findings and b"noqa" in data.lower())):
        return ()
    from vmapify.source.suppression import suppressions  # noqa: PLC0415 - few files have such comments

    return suppressions(source)


def project_roots(path: str, root: Path) -> tuple[Path, ...]:
    """Directories that absolute imports in the file at ``path`` may start from, most likely first.

    The directory above its outermost package, the project's top and the project's ``src``.
    """
    package = Path(path).resolve().parent
    while (package / "__init__.py").exists() and package != package.parent:
        package = package.parent
    places = (package, root, root / "src")
    return tuple(dict.fromkeys(place for place in places if place.is_dir()))
