"""Turn the worker's reports on one site into one verification."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Change, Measurement, Skipped, Speedup, Timing, Verification, speedup_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.verify.process import Ended

ORDER = ("inconclusive", "identical", "equivalent", "precision-changed", "different")
"""The worst verdict wins; an inconclusive report counts where there is no other of its kind of arrival, or if it is final."""
PASSED = frozenset(("identical", "equivalent"))

OUT_OF_MEMORY = "GB of memory, more than the limit of"
"""What the watcher of a child says when it kills it."""


def folded(reports: Sequence[dict[str, Any]], *, made_up: bool = False) -> Verification:
    """The verification of a site that was judged at least once; ``made_up``: on arguments that nobody passes.

    What cannot be shown on some of these says nothing of the others.
    """
    chosen = _deciding(reports, made_up=made_up)
    telling = [report for report in reports if report["verdict"] != "inconclusive"] or [chosen]
    return Verification(
        verdict=chosen["verdict"],
        reason=chosen["reason"],
        device=chosen["device"],
        jax=chosen["jax"],
        inputs=chosen["inputs"],
        batch_sizes=_sizes(telling),
        max_error_loop=_largest(telling, "max_error_loop"),
        max_error_vmap=_largest(telling, "max_error_vmap"),
        speedup=_speedup(reports) if chosen["verdict"] != "different" else None,
        peak_memory=chosen["peak_memory"],
        example=chosen["example"],
        device_kind=chosen["device_kind"],
        matmul_precision=chosen["matmul_precision"],
        enable_x64=chosen["enable_x64"],
        obstacle=chosen.get("obstacle"),
        rows_that_fit=chosen.get("rows_that_fit"),
        skipped=tuple(Skipped(**stage) for stage in chosen.get("skipped", ())),
        changes=_changes(telling),
        unmeasured=_unmeasured(chosen, reports),
        measurements=next((_table(report["table"]) for report in reports if report.get("table")), ()),
    )


def _deciding(reports: Sequence[dict[str, Any]], *, made_up: bool) -> dict[str, Any]:
    """The report that decides over all arrivals: every kind of them has to pass."""
    refuted = [report for report in reports if report["verdict"] in {"different", "precision-changed"}]
    if refuted:
        worst = max(refuted, key=_weight)
        return worst if worst["verdict"] == "different" else (_unshown(reports, made_up=made_up) or worst)
    return _unshown(reports, made_up=made_up) or max(reports, key=_weight)


def _unshown(reports: Sequence[dict[str, Any]], *, made_up: bool) -> dict[str, Any] | None:
    """An inconclusive report that the others do not make up for; None if there is none, or nothing else.

    Within a kind of arrival, others show what one could not, unless that is final. Between kinds only agreement counts.
    """
    passed = {report.get("kind") for report in reports if report["verdict"] != "inconclusive"}
    if not passed:
        return None
    for report in reports:
        if report["verdict"] != "inconclusive":
            continue
        alone = not made_up and report.get("kind") not in passed and not report.get("agrees")
        if report.get("refused") or report.get("final") or alone:
            return report
    return None


def _weight(report: dict[str, Any]) -> int:
    return ORDER.index(report["verdict"])


def cut_short(reports: Sequence[dict[str, Any]], ended: Ended, judged: str, kind: str | None = None) -> Verification:
    """The verification of something during whose judgement the child ended; ``kind`` is that of the arrival in question.

    What had been shown until then counts if only time ran out. A version that kills the process on some inputs is not
    shown to be right by others, nor is one kind of arrival by another.
    """
    cause = ended.cause(judged)
    telling = [report for report in reports if ended.out_of_time or report["verdict"] == "different"]
    shown = {report.get("kind") for report in telling if report["verdict"] in PASSED}
    refuted = any(report["verdict"] == "different" for report in telling)
    if not telling or (kind not in shown and not refuted):
        return Verification("inconclusive", cause, obstacle="memory" if OUT_OF_MEMORY in cause else None)
    return folded([report | {"reason": f"{report['reason']}; then {cause}"} for report in telling])


def unknown(reason: str) -> Verification:
    """No verdict, and why."""
    return Verification("inconclusive", reason)


def _sizes(reports: Sequence[dict[str, Any]]) -> tuple[int, ...]:
    own = {report["batch"] for report in reports if report["batch"] is not None}
    return tuple(sorted(own.union(*(report.get("sizes", ()) for report in reports))))


def _changes(reports: Sequence[dict[str, Any]]) -> tuple[Change, ...]:
    """What changed besides values in any of them; the first of each code."""
    found: dict[str, Change] = {}
    for row in (row for report in reports for row in report.get("changes", ())):
        found.setdefault(row["code"], Change(row["code"], row["message"]))
    return tuple(found.values())


def _largest(reports: Sequence[dict[str, Any]], field: str) -> float | None:
    return max((report[field] for report in reports if report[field] is not None), default=None)


def _speedup(reports: Sequence[dict[str, Any]]) -> Speedup | None:
    """Of several arrivals the one whose size is the most telling: the loop that takes longest."""
    timed = [report["timing"] for report in reports if report.get("timing")]
    if not timed:
        return None
    found = max(timed, key=lambda timing: (timing["telling"], timing["loop"]["steady"]))
    loop, rewrite = Timing(**found["loop"]), Timing(**found["rewrite"])
    return speedup_of(loop, rewrite, found["rows"], found["mode"], **_remarks(found))


def _remarks(timing: dict[str, Any]) -> dict[str, Any]:
    return {"telling": timing["telling"], "even": timing.get("even"), "lockstep": timing.get("lockstep", False)}


def _unmeasured(chosen: dict[str, Any], reports: Sequence[dict[str, Any]]) -> str:
    """Why no report has times, where the verdict is one for which they are taken."""
    if chosen["verdict"] in {"different", "inconclusive"} or any(
        one.get("timing") or one.get("table") for one in reports
    ):
        return ""
    return next((one["unmeasured"] for one in reports if one.get("unmeasured")), "time ran out")


def weighed(verification: Verification, calls: int, seconds: float | None) -> Verification:
    """The same with how often a run of the user's came to the loop, and how long that run takes."""
    if verification.speedup is None:
        return verification
    speedup = dataclasses.replace(verification.speedup, calls=calls, run_seconds=seconds)
    return dataclasses.replace(verification, speedup=speedup)


def _table(rows: Sequence[dict[str, Any]]) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(row["rows"], row["mode"], _timing(row["loop"]), _timing(row["rewrite"]), row["skipped"])
        for row in rows
    )


def _timing(row: dict[str, Any] | None) -> Timing | None:
    return None if row is None else Timing(**row)
