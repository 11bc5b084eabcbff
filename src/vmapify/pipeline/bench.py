"""``bench``: time loop and rewrite of every site that running both confirms, or two versions of a function."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Verification
from vmapify.pipeline.merge_edits import compatible
from vmapify.pipeline.report_findings import check
from vmapify.pipeline.verifier import Given, verify_options
from vmapify.pipeline.verify import changes
from vmapify.report.bench import BenchReport, BenchResult
from vmapify.report.exit_code import verify_exit_code
from vmapify.report.place import bounds
from vmapify.report.verification import VerifyReport, VerifyResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Finding, Site
    from vmapify.report import Report
    from vmapify.verify import VerifyOptions

SECONDS = 120.0
"""A table takes longer than a verdict, so a site gets more time than elsewhere."""


def bench_sites(
    paths: tuple[str, ...],
    settings: Settings,
    given: Given | None,
    sizes: tuple[int, ...],
    progress: Callable[[str], None],
    wanted: Callable[[Finding], bool] | None = None,
) -> BenchReport:
    """A table for every loop under ``paths`` that can be rewritten, or for those that are ``wanted``. Raises ConfigError."""
    from vmapify.verify import judge_sites  # noqa: PLC0415 - only what runs code pays for it

    report = check(paths, settings, jobs=settings.jobs, blocked=False)
    found_there = [finding for finding in _chosen(report) if finding.site is not None]
    findings = [finding for finding in found_there if wanted is None or wanted(finding)]
    sites: list[Site] = [finding.site for finding in findings if finding.site is not None]
    progress(f"measuring {len(sites)} loops")
    done: list[int] = []

    def tell(index: int, verification: Verification) -> None:
        done.append(index)
        progress(f"measured {len(done)} of {len(sites)}: {verification.verdict}")

    found = judge_sites(sites, _options(settings, given, sizes), progress=tell) if sites else {}
    progress("")
    results = tuple(_result(finding, found[index], report) for index, finding in enumerate(findings))
    return BenchReport(results, report.problems)


def bench_versions(
    before: str,
    after: str,
    settings: Settings,
    given: Given | None,
    sizes: tuple[int, ...],
    progress: Callable[[str], None],
) -> BenchReport:
    """A table for the function that ``given`` is for, or for every function that differs and that a run calls."""
    from vmapify.verify import judge_files, judge_functions  # noqa: PLC0415

    options = _options(settings, given, sizes)
    progress(f"measuring {after}")
    found: list[tuple[str, Verification | Problem]]
    if given is not None:
        function = given.function
        found = [(function, one) for one in judge_functions(Path(before), Path(after), function, options)]
    else:
        changed = changes(before, after)
        if isinstance(changed, tuple):
            return BenchReport(problems=changed)
        found = list(judge_files(Path(before), Path(after), changed, options)) if changed.functions else []
    progress("")
    return BenchReport(
        tuple(BenchResult(after, name, one) for name, one in found if isinstance(one, Verification)),
        tuple(one for _, one in found if isinstance(one, Problem)),
    )


def bench_exit_code(report: BenchReport) -> int:
    """As for ``verify``."""
    results = tuple(VerifyResult(one.path, one.function or "", one.verification) for one in report.results)
    return verify_exit_code(VerifyReport(results, report.problems))


def _chosen(report: Report) -> list[Finding]:
    found: list[Finding] = []
    for path in report.sources:
        own = [one for one in report.open_findings if one.path == path and one.verdict == "rewrite"]
        found += sorted(compatible(own)[0], key=lambda finding: finding.loop)
    return found


def _result(finding: Finding, verification: Verification, report: Report) -> BenchResult:
    (line, _), _ = bounds(report, finding)
    return BenchResult(finding.path, finding.function, verification, finding.code, line, finding.cell)


def _options(settings: Settings, given: Given | None, sizes: Sequence[int]) -> VerifyOptions:
    options = verify_options(settings, given)
    timeout = SECONDS if settings.timeout is None else options.timeout
    return dataclasses.replace(options, sizes=tuple(sizes), timeout=timeout)
