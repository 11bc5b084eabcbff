"""Turn the worker's reports on one site into one verification."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Measurement, Speedup, Timing, Verification, speedup_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.verify.process import Ended

ORDER = ("inconclusive", "identical", "equivalent", "precision-changed", "different")
"""The worst verdict wins; an inconclusive report counts only where there is no other, or if it ran into the wall."""

OUT_OF_MEMORY = "GB of memory, more than the limit of"
"""What the watcher of a child says when it kills it."""


def folded(reports: Sequence[dict[str, Any]]) -> Verification:
    """The verification of a site that was judged at least once."""
    chosen = max(reports, key=_weight)
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
        speedup=_speedup(reports),
        peak_memory=chosen["peak_memory"],
        example=chosen["example"],
        device_kind=chosen["device_kind"],
        matmul_precision=chosen["matmul_precision"],
        enable_x64=chosen["enable_x64"],
        obstacle=chosen.get("obstacle"),
        rows_that_fit=chosen.get("rows_that_fit"),
        unmeasured=_unmeasured(chosen, reports),
        measurements=next((_table(report["table"]) for report in reports if report.get("table")), ()),
    )


def _weight(report: dict[str, Any]) -> float:
    return ORDER.index("different") - 0.5 if report.get("refused") else ORDER.index(report["verdict"])


def cut_short(reports: Sequence[dict[str, Any]], ended: Ended, judged: str) -> Verification:
    """The verification of something during whose judgement the child ended.

    What had been shown until then counts if only time ran out. A version that kills the process on some inputs is not
    shown to be right by others.
    """
    cause = ended.cause(judged)
    telling = [report for report in reports if ended.out_of_time or report["verdict"] == "different"]
    if not telling:
        return Verification("inconclusive", cause, obstacle="memory" if OUT_OF_MEMORY in cause else None)
    return folded([report | {"reason": f"{report['reason']}; then {cause}"} for report in telling])


def unknown(reason: str) -> Verification:
    """No verdict, and why."""
    return Verification("inconclusive", reason)


def _sizes(reports: Sequence[dict[str, Any]]) -> tuple[int, ...]:
    own = {report["batch"] for report in reports if report["batch"] is not None}
    return tuple(sorted(own.union(*(report.get("sizes", ()) for report in reports))))


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
