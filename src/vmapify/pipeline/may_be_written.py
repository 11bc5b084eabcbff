"""May this rewrite be written? The one place that weighs verdict against applicability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.legality.judge import SHOWN_BY_RUN
from vmapify.pipeline.profit import unprofitable
from vmapify.report import Outcome, wording

if TYPE_CHECKING:
    from vmapify.diagnostic import Change, Finding, Verification


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user allows: ``unsafe`` rewrites, ``unverified`` ones without running anything, and how slow they may be.

    ``confirmed``: the program was run as a whole with the rewrites in place, and is what it was, dtypes of what
    it leaves included: a lost weak type is seen to change nothing there, and arrivals that were not compared are covered.
    ``trusting``: that is not asked for, and what was compared counts for the rest. ``assuming``: together with
    ``unverified``, what rests on assumptions is written, too.
    """

    unsafe: bool = False
    unverified: bool = False
    min_speedup: float | None = None
    confirmed: bool = False
    trusting: bool = False
    assuming: bool = False


def needs_judging(finding: Finding, choice: Choice) -> bool:
    """Whether running both versions can change what happens to the finding."""
    if finding.verdict != "rewrite" or choice.unverified or finding.site is None:
        return False
    return finding.applicability != "unsafe" or choice.unsafe


def decide(finding: Finding, choice: Choice) -> Outcome:
    """``proposed`` if it may be written, ``left`` with the reason otherwise. Unknown is never equal."""
    if finding.verdict == "comment":
        why = "" if finding.edits else wording.advice(finding.reasons[0])
        return Outcome(finding, "proposed" if finding.edits else "left", why)
    if refusal := _refusal(finding, choice):
        return Outcome(finding, "left", refusal)
    if slower := unprofitable(finding.verification, choice.min_speedup):
        return Outcome(finding, "slower", slower)
    return Outcome(finding, "proposed", _remark(finding))


def _refusal(finding: Finding, choice: Choice) -> str:
    if finding.applicability == "unsafe" and not choice.unsafe:
        changed = "; ".join(wording.message(change) for change in finding.changes)
        return f"more than values changes ({changed or 'unsafe'}); --unsafe writes it all the same"
    verification = finding.verification
    if verification is None:
        if choice.unverified and (finding.applicability == "safe" or choice.assuming):
            return ""
        if choice.unverified:
            return "it rests on assumptions; run without --unverified"
        return "it stands where it cannot be run by itself, as in the condition of an `if`; give its value a name first"
    if verification.verdict == "different":
        return "the rewrite is refuted"
    if verification.verdict == "inconclusive":
        return "not proven equal"
    if verification.verdict == "precision-changed" and not choice.unsafe:
        return "the precision changes; --unsafe writes it all the same"
    if verification.inputs == "synthesized" and any(one.code == SHOWN_BY_RUN for one in finding.assumptions):
        return "it rests on what a run shows, and no run came to it again: made-up arguments show nothing of the program's own"
    if not (choice.confirmed or choice.trusting) and (uncompared := _uncompared(verification)):
        return uncompared
    return "" if choice.unsafe else _unconfirmed(verification.changes, choice)


def _uncompared(verification: Verification) -> str:
    """Which arrivals nobody looked at, if there are or may be any."""
    cure = "raise --timeout, or accept what was compared with --no-rerun"
    if verification.unseen:
        return (
            f"{verification.unseen} of {verification.arrivals} arrivals could not be compared, or not in time; {cure}"
        )
    if verification.more:
        return f"the program was ended before it was over, and may have come here again with something else; {cure}"
    return ""


def _unconfirmed(changes: tuple[Change, ...], choice: Choice) -> str:
    """Why changes besides values keep the rewrite from being written, if they do."""
    for change in changes:
        if change.code == "weak-type-lost" and not choice.confirmed:
            return (
                "a weak type is lost, so that dtypes change where the result meets a narrower one; "
                "--unsafe writes it all the same"
            )
        if change.code == "placement":
            return "results are placed otherwise; --unsafe writes it all the same"
    return ""


def _remark(finding: Finding) -> str:
    if finding.verification is None:
        return "not run (--unverified)"
    return "; ".join(f"changes: {wording.message(change)}" for change in finding.changes)
