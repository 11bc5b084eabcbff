"""The closing lines: what was found in total and what to do next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding
    from vmapify.report.model import Report
    from vmapify.report.render import View


def count(number: int, noun: str) -> str:
    """``1 loop``, ``2 loops``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report, *, hint: bool = True, listed: bool = False) -> str:
    """One line a reader can act on; ``hint`` tells how to see the loops that must stay.

    ``listed``: those that only a run can judge are listed above.
    """
    if report.command == "fix":
        return _fix_summary(report)
    rewrites = [f for f in report.open_findings if f.verdict == "rewrite"]
    comments = [f for f in report.open_findings if f.verdict == "comment"]
    left_open = [f for f in report.findings if f.verdict == "open" and not f.suppressed]
    blocked = [f for f in report.findings if f.verdict == "blocked" and not f.suppressed]
    parts = [f"Silenced {count(report.silenced, 'loop')}."] if report.silenced else []
    if rewrites:
        parts.append(_rewrites(rewrites))
    if comments:
        parts.append(f"{count(len(comments), 'suppression comment')} to mend.")
    if not parts:
        where = " (--show-blocked lists those that must stay, and why)" if hint else ""
        parts.append(f"No loop to rewrite in {count(report.files, 'file')}{where}.")
    if left_open:
        parts.append(_left_open(len(left_open), more=bool(rewrites), listed=listed))
    if blocked and not hint:
        parts.append(f"{count(len(blocked), 'more loop' if rewrites else 'loop')} must stay.")
    if report.problems:
        parts.append(f"{count(len(report.problems), 'error')}.")
    return " ".join(parts)


def _left_open(number: int, *, more: bool, listed: bool) -> str:
    """Such as "7 more loops depend on what only a run shows"."""
    subject = count(number, "more loop" if more else "loop")
    verb = "depends" if number == 1 else "depend"
    cure = "" if listed else ": `vmapify fix --run '...'`, or --show-open lists them with their questions"
    return f"{subject} {verb} on what only a run shows{cure}."


def _rewrites(rewrites: list[Finding]) -> str:
    unsafe = sum(finding.applicability == "unsafe" for finding in rewrites)
    ready = len(rewrites) - unsafe
    parts = []
    if ready:
        subject = "1 is" if ready == 1 else f"{ready} are"
        parts.append(f"{subject} written by `vmapify fix --write` if running both versions confirms it")
    if unsafe:
        parts.append(f"{unsafe} would change more than values and needs --unsafe")
    return f"Found {count(len(rewrites), 'loop')} that can be jax.vmap: {'; '.join(parts)}."


def _fix_summary(report: Report) -> str:
    states = Counter(outcome.state for outcome in report.outcomes)
    parts = []
    if states["written"]:
        parts.append(f"Wrote {count(states['written'], 'rewrite')}.")
    if states["proposed"]:
        parts.append(f"{count(states['proposed'], 'rewrite')} can be written: run `vmapify fix --write`.")
    if states["slower"]:
        parts.append(f"{states['slower']} verified, but slower than the loop, and left.")
    if states["left"]:
        parts.append(f"{states['left']} left as {'it is' if states['left'] == 1 else 'they are'}.")
    if not parts:
        parts.append(f"No loop to rewrite in {count(report.files, 'file')}.")
    left_open = sum(finding.verdict == "open" and not finding.suppressed for finding in report.findings)
    if left_open:
        subject = count(left_open, "more loop" if report.outcomes else "loop")
        parts.append(
            f"{subject} {'stays' if left_open == 1 else 'stay'} open: no run has shown enough of what --show-open asks."
        )
    if report.problems:
        parts.append(f"{count(len(report.problems), 'error')}.")
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Count:
    """How often a rule was found, stays a loop for a reason, or is left open by a question (``reason`` is the code of either)."""

    code: str
    name: str
    verdict: str
    reason: str | None
    count: int


def statistics(report: Report, view: View) -> list[Count]:
    """How often each code was found, most frequent first; blocked loops by reason, open ones by question."""
    tally: Counter[tuple[str, str, str, str | None]] = Counter()
    for finding in view.shown(report):
        codes: set[str | None] = set()
        if finding.asks_for_nothing:
            codes.update(reason.code for reason in finding.reasons)
            codes.update(question.code for question in finding.questions)
        tally.update((finding.code, finding.name, finding.verdict, code) for code in codes or {None})
    ranked = sorted(tally.items(), key=lambda item: (-item[1], item[0][0], item[0][3] or ""))
    return [Count(*what, number) for what, number in ranked]
