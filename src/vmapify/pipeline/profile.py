"""``profile``: run a program once, rank its loops by the seconds spent in them, and judge the first ones."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.diagnostic import Problem
from vmapify.pipeline.ask_the_run import answered
from vmapify.pipeline.fix import verified
from vmapify.pipeline.may_be_written import Choice
from vmapify.pipeline.report_findings import check
from vmapify.pipeline.rewriting import Roots
from vmapify.pipeline.verifier import judge_with, observe_with, verify_options
from vmapify.report.profile import ProfileReport, ProfileRow
from vmapify.source import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Finding
    from vmapify.report import Report
    from vmapify.source import SourceFile
    from vmapify.verify import Spent, Timed

UNLIMITED = 1e9
"""Seconds that the timed run may take if nobody says otherwise: what is profiled may be a day's training."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a profile: how many loops (``top``), and whether they are judged in a second run.

    ``notebook`` is the path of one that takes the place of a command.
    """

    command: str
    top: int
    judged: bool = True
    notebook: str | None = None


def profile(
    paths: tuple[str, ...], settings: Settings, wanted: Wanted, progress: Callable[[str], None]
) -> ProfileReport:
    """The loops under ``paths`` in which a run of the command spends its time, longest first.

    Raises:
        ConfigError: the program, or the notebook, cannot be run.
    """
    book = _notebook(wanted.notebook)
    report = check(paths, settings, jobs=settings.jobs, blocked=True)
    asked = [one for one in report.findings if one.verdict != "comment"]
    progress(f"running {wanted.command}")
    timed = _timed(asked, report, settings, book)
    progress("")
    order = sorted(timed.spent, key=lambda key: -timed.spent[key].seconds)
    chosen = [(asked[key], timed.spent[key]) for key in order[: wanted.top]]
    findings = [finding for finding, _ in chosen]
    if wanted.judged and timed.trouble is None:
        findings = _judged(findings, report, settings, progress)
    rows = tuple(_row(one, spent, report) for one, (_, spent) in zip(findings, chosen, strict=True))
    rest = sum(timed.spent[key].seconds for key in order[wanted.top :])
    return ProfileReport(wanted.command, timed.seconds, rows, len(order), rest, timed.trouble, report.problems)


def _notebook(path: str | None) -> SourceFile | None:
    if path is None:
        return None
    source = read(path)
    if isinstance(source, Problem):
        raise ConfigError(f"{path}: {source.message}")
    return source


def _timed(asked: Sequence[Finding], report: Report, settings: Settings, book: SourceFile | None) -> Timed:
    from vmapify.verify import time_loops  # noqa: PLC0415 - only what runs code pays for it

    options = verify_options(settings, None)
    limit = UNLIMITED if settings.timeout is None else options.timeout
    options = dataclasses.replace(options, workload_timeout=limit, allow_io=True)
    return time_loops(asked, report.sources, options, book)


def _judged(
    findings: Sequence[Finding], report: Report, settings: Settings, progress: Callable[[str], None]
) -> list[Finding]:
    """The findings with what a second run shows of open ones, and the verdict on each rewrite."""
    roots = Roots(Path(settings.root), report.roots)
    chosen = dataclasses.replace(report, findings=tuple(findings))
    known = answered(chosen, observe_with(settings, None, progress), roots.of).findings
    return verified(known, judge_with(settings, None, progress), Choice(unsafe=True))


def _row(finding: Finding, spent: Spent, report: Report) -> ProfileRow:
    place = report.sources[finding.path].place(finding.loop.start)
    names = [field.name for field in dataclasses.fields(ProfileRow)]
    figures = {name: getattr(spent, name) for name in names if hasattr(spent, name)}
    return ProfileRow(finding, place.line, place.cell, **figures)
