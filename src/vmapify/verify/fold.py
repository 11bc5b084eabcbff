"""Turn the worker's reports on one site into one verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Speedup, Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.verify.process import Ended

ORDER = ("inconclusive", "identical", "equivalent", "precision-changed", "different")
"""The worst verdict wins; an inconclusive report counts only where there is no other."""


def folded(reports: Sequence[dict[str, Any]]) -> Verification:
    """The verification of a site that was judged at least once."""
    chosen = max(reports, key=lambda report: ORDER.index(report["verdict"]))
    telling = [report for report in reports if report["verdict"] != "inconclusive"] or [chosen]
    seconds = chosen.get("seconds")
    return Verification(
        verdict=chosen["verdict"],
        reason=chosen["reason"],
        device=chosen["device"],
        jax=chosen["jax"],
        inputs=chosen["inputs"],
        batch_sizes=_sizes(telling),
        max_error_loop=_largest(telling, "max_error_loop"),
        max_error_vmap=_largest(telling, "max_error_vmap"),
        speedup=_speedup(seconds) if seconds else None,
        peak_memory=chosen["peak_memory"],
        example=chosen["example"],
        device_kind=chosen["device_kind"],
        matmul_precision=chosen["matmul_precision"],
        enable_x64=chosen["enable_x64"],
    )


def cut_short(reports: Sequence[dict[str, Any]], ended: Ended, judged: str) -> Verification:
    """The verification of something during whose judgement the child ended.

    What had been shown until then counts if only time ran out. A version that kills the process on some inputs is not
    shown to be right by others.
    """
    cause = ended.cause(judged)
    telling = [report for report in reports if ended.out_of_time or report["verdict"] == "different"]
    if not telling:
        return unknown(cause)
    return folded([report | {"reason": f"{report['reason']}; then {cause}"} for report in telling])


def unknown(reason: str) -> Verification:
    """No verdict, and why."""
    return Verification("inconclusive", reason)


def _sizes(reports: Sequence[dict[str, Any]]) -> tuple[int, ...]:
    own = {report["batch"] for report in reports if report["batch"] is not None}
    return tuple(sorted(own.union(*(report.get("sizes", ()) for report in reports))))


def _largest(reports: Sequence[dict[str, Any]], field: str) -> float | None:
    return max((report[field] for report in reports if report[field] is not None), default=None)


def _speedup(seconds: dict[str, Any]) -> Speedup:
    loop, rewrite = seconds["loop"], seconds["rewrite"]
    first, steady = (before / max(after, 1e-9) for before, after in zip(loop, rewrite, strict=True))
    return Speedup(first, steady)
