"""``check``: report the loops, run nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.analysis import FileResult, analyse_source
from vmapify.pipeline.pool import analyse_files
from vmapify.pipeline.selection import selection
from vmapify.report import Report
from vmapify.source import decode, find_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.config import Settings
    from vmapify.diagnostic import Finding, Problem
    from vmapify.pipeline.selection import Selected


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What ``-`` stands for: the bytes read and the name to report them under."""

    data: bytes
    filename: str = "-"


def check(
    paths: tuple[str, ...],
    settings: Settings,
    *,
    jobs: int | None = None,
    stdin: StandardInput | None = None,
    blocked: bool = True,
) -> Report:
    """Analyse every file that ``paths`` stand for. Raises ConfigError for an unknown rule in ``settings``.

    Without ``blocked`` loops that must stay are left out, which is several times faster.
    """
    selected = selection(settings)
    discovery = find_files(paths, settings)
    root = Path(settings.root)
    results = analyse_files([path for path in discovery.files if path != "-"], root, jobs, blocked=blocked)
    if stdin is not None and "-" in discovery.files:
        results = [_from_stdin(stdin, root, blocked=blocked), *results]
    return _report(results, selected, discovery.problems)


def _from_stdin(stdin: StandardInput, root: Path, *, blocked: bool) -> FileResult:
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - only standard input is read here

    source = decode(stdin.filename, stdin.data)
    if isinstance(source, Problem):
        return FileResult(stdin.filename, problems=(source,))
    return analyse_source(source, root, blocked=blocked)


def _report(results: Iterable[FileResult], selected: Selected, problems: tuple[Problem, ...]) -> Report:
    findings: list[Finding] = []
    sources = {}
    count = 0
    for result in results:
        count += 1
        problems += result.problems
        if result.source is not None and (kept := _kept(result, selected)):
            findings += kept
            sources[result.path] = result.source
    return Report("check", tuple(findings), problems, sources, count)


def _kept(result: FileResult, selected: Selected) -> tuple[Finding, ...]:
    """The selected findings of one file, after its suppression comments."""
    if result.source is None:
        return ()
    chosen = tuple(finding for finding in result.findings if selected(finding.code))
    if not result.suppressions or result.problems:
        return chosen
    from vmapify.pipeline.suppress import apply_suppressions  # noqa: PLC0415 - needs the rule registry

    return apply_suppressions(result.source, chosen, result.suppressions, selected)
