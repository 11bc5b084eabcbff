"""One loop of a file, judged or timed: what an editor asks for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vmapify.config import ConfigError
from vmapify.pipeline.bench import bench_sites
from vmapify.pipeline.may_be_written import Choice, decide
from vmapify.pipeline.report_findings import check
from vmapify.pipeline.verifier import judge_with, try_settings
from vmapify.report.as_json import verification_json
from vmapify.report.bench import render_bench
from vmapify.report.evidence import evidence
from vmapify.report.style import PLAIN

if TYPE_CHECKING:
    from vmapify.config import Settings
    from vmapify.diagnostic import Finding, Site

Told = Callable[[str], None]
GONE = "the loop is not there any more, or no rewrite of it is known; save the file and look again"


def verify_loop(path: str, start: int, settings: Settings, progress: Told) -> dict[str, Any]:
    """Run both versions of the loop that begins at a byte of the file's Python.

    Args:
        path: the file, as it is saved.
        start: where the loop begins.
        settings: those that govern the file.
        progress: told how far it is.

    Returns:
        The verdict, what is said of it in one line, and the evidence as in the JSON of `fix`.

    Raises:
        ConfigError: there is no such loop, or the settings do not allow to run anything.
    """
    finding, site = _found(path, start, settings)
    try_settings(settings, None, (path,))
    verdict = judge_with(settings, None, progress)([site])[0]
    outcome = decide(dataclasses.replace(finding, verification=verdict), Choice(min_speedup=settings.min_speedup))
    state = "may be written" if outcome.state == "proposed" else outcome.why
    text = " · ".join([*evidence(verdict), *([state] if state else [])])
    return {"verdict": verdict.verdict, "text": f"{finding.code}: {text}", "verification": verification_json(verdict)}


def bench_loop(path: str, start: int, settings: Settings, sizes: tuple[int, ...], progress: Told) -> dict[str, Any]:
    """Time both versions of that loop at several numbers of rows; arguments and errors as for `verify_loop`.

    Returns:
        The verdict, the table as text, and the document that `bench` gives as JSON.
    """
    _found(path, start, settings)
    try_settings(settings, None, (path,))
    report = bench_sites((path,), settings, None, sizes, progress, wanted=lambda one: one.loop.start == start)
    verdict = report.results[0].verification.verdict if report.results else "inconclusive"
    document = json.loads(render_bench(report, as_json=True, style=PLAIN))
    return {"verdict": verdict, "text": render_bench(report, as_json=False, style=PLAIN), "bench": document}


def _found(path: str, start: int, settings: Settings) -> tuple[Finding, Site]:
    report = check((path,), settings, jobs=1, blocked=False)
    for one in report.open_findings:
        if one.loop.start == start and one.site is not None:
            assumed = tuple(sorted({assumption.code for assumption in one.assumptions}))
            return one, dataclasses.replace(one.site, assumed=assumed)
    raise ConfigError(report.problems[0].message if report.problems else GONE)
