"""JUnit XML: one failed test a finding, for build servers that read nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vmapify.report.message import advice, message
from vmapify.report.place import bounds, spot, spot_of
from vmapify.report.visible import visible

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.report.model import Report
    from vmapify.report.render import View


def render_junit(report: Report, view: View) -> str:
    """Findings as failures, problems as errors, blocked, open and suppressed loops as skipped; as Jenkins' schema wants it."""
    shown = view.shown(report)
    skipped = sum(map(_is_skipped, shown))
    cases = [*(_case(finding, report) for finding in shown), *map(_error, report.problems)]
    total = f'tests="{max(len(cases), 1)}" failures="{len(shown) - skipped}" errors="{len(report.problems)}"'
    body = "".join(cases) or '    <testcase name="no loop to rewrite" classname="vmapify"/>\n'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="vmapify" {total}>\n'
        f'  <testsuite name="vmapify" {total} skipped="{skipped}">\n{body}  </testsuite>\n</testsuites>\n'
    )


def _is_skipped(finding: Finding) -> bool:
    return finding.asks_for_nothing or finding.suppressed


def _case(finding: Finding, report: Report) -> str:
    (line, column), _ = bounds(report, finding)
    name = quoteattr(_clean(f"{finding.code} {spot(finding.path, finding.cell, line, column)}"))
    tag = "skipped" if _is_skipped(finding) else "failure"
    text = escape(_clean("\n".join(advice(finding))))
    return (
        f"    <testcase name={name} classname={quoteattr(_clean(finding.path))}>\n"
        f"      <{tag} type={quoteattr(finding.code)} message={quoteattr(_clean(message(finding)))}>{text}</{tag}>\n"
        "    </testcase>\n"
    )


def _error(problem: Problem) -> str:
    return (
        f"    <testcase name={quoteattr(_clean(spot_of(problem)))} classname={quoteattr(_clean(problem.path))}>\n"
        f'      <error type="error" message={quoteattr(_clean(problem.message))}/>\n    </testcase>\n'
    )


def _clean(text: str) -> str:
    """With the control characters escaped, which XML cannot hold."""
    return visible(text).replace("\x0c", "\\x0c")
