"""GitLab's code quality report: a JSON list with a fingerprint for each finding."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from vmapify.report.fingerprint import Fingerprints
from vmapify.report.message import message
from vmapify.report.place import bounds, in_cell, on_disk

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.report.model import Report
    from vmapify.report.render import View


def render_gitlab(report: Report, view: View) -> str:
    """Findings as ``minor`` (blocked and open ones as ``info``), problems as ``blocker``."""
    seen = Fingerprints()
    rows = [_row(finding, report, seen) for finding in view.shown(report)]
    rows += [_error(problem, seen) for problem in report.problems]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _row(finding: Finding, report: Report, seen: Fingerprints) -> dict[str, Any]:
    source = report.sources[finding.path]
    (line, _), (end_line, _) = on_disk(source, finding.loop)
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {in_cell(finding.cell, bounds(report, finding)[0][0])}{message(finding)}",
        "severity": "info" if finding.asks_for_nothing else "minor",
        "fingerprint": seen.finding(finding, source),
        "location": {"path": PurePath(finding.path).as_posix(), "lines": {"begin": line, "end": end_line}},
    }


def _error(problem: Problem, seen: Fingerprints) -> dict[str, Any]:
    line = problem.line if problem.line and problem.cell is None else 1
    return {
        "check_name": "error",
        "description": in_cell(problem.cell, problem.line) + problem.message,
        "severity": "blocker",
        "fingerprint": seen.problem(problem),
        "location": {"path": PurePath(problem.path).as_posix(), "lines": {"begin": line}},
    }
