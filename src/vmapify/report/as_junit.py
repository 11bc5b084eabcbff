"""JUnit XML: one failed test a finding, for build servers that read nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vmapify.report.message import advice, message
from vmapify.report.place import bounds, on_disk, spot, spot_of

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.report.model import Report
    from vmapify.report.render import View


def render_junit(report: Report, view: View) -> str:
    """Findings as failures, problems as errors, blocked and suppressed loops as skipped."""
    cases = [_case(finding, report) for finding in view.shown(report)]
    cases += [_error(problem) for problem in report.problems]
    failures = sum("<failure" in case for case in cases)
    counts = f'tests="{max(len(cases), 1)}" failures="{failures}" errors="{len(report.problems)}"'
    body = "".join(cases) or '    <testcase name="no loop to rewrite" classname="vmapify"/>\n'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="vmapify" {counts}>\n'
        f'  <testsuite name="vmapify" {counts}>\n{body}  </testsuite>\n</testsuites>\n'
    )


def _case(finding: Finding, report: Report) -> str:
    (line, column), _ = bounds(report, finding)
    (row, _), _ = on_disk(report.sources[finding.path], finding.loop)
    name = quoteattr(f"{finding.code} {spot(finding.path, finding.cell, line, column)}")
    tag = "skipped" if finding.verdict == "blocked" or finding.suppressed else "failure"
    text = escape(_clean("\n".join(advice(finding))))
    return (
        f'    <testcase name={name} classname="vmapify" file={quoteattr(finding.path)} line="{row}">\n'
        f"      <{tag} message={quoteattr(_clean(message(finding)))}>{text}</{tag}>\n    </testcase>\n"
    )


def _error(problem: Problem) -> str:
    return (
        f'    <testcase name={quoteattr(spot_of(problem))} classname="vmapify">\n'
        f"      <error message={quoteattr(_clean(problem.message))}/>\n    </testcase>\n"
    )


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")
