"""What ``fix`` says about each loop: the verdict, the evidence, the gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report import wording
from vmapify.report.evidence import evidence
from vmapify.report.message import told
from vmapify.report.place import bounds, spot
from vmapify.report.summary import count

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Rerun
    from vmapify.report.model import Outcome, Report
    from vmapify.report.render import View

SEEN = ("shown-by-run", "value")
"""The codes of what a rewrite takes from a run."""


def fix_lines(report: Report, view: View) -> list[str]:
    """One line for each outcome, and one for each shown finding that was never a candidate to write."""
    lines = [_line(outcome, report, view) for outcome in report.outcomes]
    judged = {id(outcome.finding) for outcome in report.outcomes}
    for finding in view.shown(report):
        if id(finding) not in judged:
            reasons = "; ".join(wording.message(reason) for reason, _ in told(finding))
            grade = "suppressed" if finding.suppressed else finding.verdict
            lines.append(f"{subject(finding, report)}: {grade}" + (f" ({reasons})" if reasons else ""))
    return lines + [_rerun(one) for one in report.reruns]


def _rerun(rerun: Rerun) -> str:
    """What running the program once more with all rewrites in place showed."""
    command = f"`{rerun.command}`"
    if rerun.skipped:
        return f"{command} was not run again with the rewrites in place: {rerun.skipped}"
    aside = f"; not compared, for it changes from run to run: {', '.join(rerun.aside)}" if rerun.aside else ""
    if not rerun.agrees:
        return f"{command}: {rerun.before} before, and not the same with the rewrites, which are left{aside}"
    return f"{command}: {rerun.before} before and with the rewrites{_rest(rerun)}{aside}"


def _rest(rerun: Rerun) -> str:
    """What was compared besides printed text, and what could not be."""
    parts = [f"{count(rerun.values, 'value')} at the end"] if rerun.values else []
    parts += [count(rerun.files, "written file")] if rerun.files else []
    same = f"; {' and '.join(parts)} the same" if parts else "; nothing else to compare"
    return same + (f"; {count(rerun.left_out, 'value')} cannot be compared" if rerun.left_out else "")


def _line(outcome: Outcome, report: Report, view: View) -> str:
    style = view.style
    title = style.bold(subject(outcome.finding, report))
    parts = [*evidence(outcome.finding.verification), *_seen(outcome.finding)]
    if outcome.state == "left":
        parts.append(style.yellow(f"left: {outcome.why}"))
    elif outcome.state == "slower":
        parts.append(style.yellow(f"verified, but slower: {outcome.why}; left"))
    elif outcome.why:
        parts.append(outcome.why)
    mark = {"written": style.green("written"), "proposed": style.green("ready")}.get(outcome.state, "")
    return f"{title}: " + " · ".join([part for part in [*parts, mark] if part])


def _seen(finding: Finding) -> list[str]:
    """What the rewrite takes from a run: it holds for what was seen there."""
    shown = [dict(one.details) for one in finding.assumptions if (one.code, one.subcode) == SEEN]
    return [f"seen in {count(int(one['arrivals']), 'arrival')}: `{one['name']}` is {one['seen']}" for one in shown]


def subject(finding: Finding, report: Report) -> str:
    """What a finding is called: its code, place and function."""
    (line, _), _ = bounds(report, finding)
    function = f" {finding.function}" if finding.function else ""
    return f"{finding.code} {spot(finding.path, finding.cell, line)}{function}"
