"""The one place that decides exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.report.model import Report
    from vmapify.report.verification import VerifyReport

CLEAN, FINDINGS, TROUBLE, INCONCLUSIVE = 0, 1, 2, 3


def exit_code(report: Report, *, exit_zero: bool = False) -> int:
    """0: nothing to do. 1: ``check`` found something or ``fix`` left something. 2: trouble, wins over 1.

    ``exit_zero`` turns 1 into 0, never 2. Blocked and suppressed loops ask for nothing and do not count.
    """
    if report.problems:
        return TROUBLE
    if report.command == "fix":
        undone = any(outcome.state != "written" for outcome in report.outcomes)
    else:
        undone = bool(report.open_findings)
    return FINDINGS if undone and not exit_zero else CLEAN


def verify_exit_code(report: VerifyReport) -> int:
    """0: all equal. 1: some differ. 2: trouble, wins. 3: none differs, but some could not be decided."""
    verdicts = {result.verification.verdict for result in report.results}
    if report.problems:
        return TROUBLE
    if verdicts & {"different", "precision-changed"}:
        return FINDINGS
    return INCONCLUSIVE if "inconclusive" in verdicts else CLEAN
