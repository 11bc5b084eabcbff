"""One verification in words: the verdict, where and on what, the errors, the gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.units import times

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.diagnostic import Skipped, Speedup, Verification


def evidence(verification: Verification | None) -> list[str]:
    """The clauses of one line; none where nothing was run."""
    if verification is None:
        return []
    parts = [_verdict(verification)]
    if verification.reason:
        parts.append(verification.reason)
    parts += [f"changes {change.code}: {change.message}" for change in verification.changes]
    if verification.example and verification.example not in verification.reason:
        parts.append(f"first at {verification.example}")
    if verification.max_error_loop is not None and verification.max_error_vmap is not None:
        errors = (verification.max_error_loop, verification.max_error_vmap)
        parts.append("loop err {:.1g}, vmap err {:.1g}".format(*errors))
    if verification.unseen:
        parts.append(f"{verification.unseen} of {verification.arrivals} arrivals not compared")
    return parts + list(filter(None, (speed_of(verification), _for_time(verification))))


def _verdict(verification: Verification) -> str:
    context = []
    if verification.jax:
        context.append(f"jax {verification.jax}")
    if verification.inputs:
        context.append(f"{verification.inputs} inputs")
    if verification.batch_sizes:
        context.append("n=" + ", ".join(map(str, verification.batch_sizes)))
    where = f" on {verification.device}" if verification.device else ""
    return verification.verdict + where + (f" ({', '.join(context)})" if context else "")


STAGES = {
    "redraws": "redrawn inputs",
    "wrong-rewrites": "wrong rewrites on purpose",
    "row-counts": "other numbers of rows",
    "gradients": "gradients",
    "proof": "the proof by construction",
    "timing": "speed",
}


def left_out(stages: Iterable[Skipped]) -> str:
    """Stages that were left out, those with one reason together."""
    causes: dict[str, list[str]] = {}
    for stage in stages:
        causes.setdefault(stage.why, []).append(STAGES[stage.stage])
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in causes.items())


def speed_of(verification: Verification) -> str:
    """The ratios of both versions, or why there are none; empty where nothing was to be timed."""
    if verification.speedup is not None:
        return _speed(verification.speedup, verification.batch_sizes)
    return f"speed not measured: {verification.unmeasured}" if verification.unmeasured else ""


def _for_time(verification: Verification) -> str:
    """What a longer time limit would have shown beside the verdict: what else was left out is no matter for a line."""
    known = verification.verdict != "inconclusive"
    for_time = [stage for stage in verification.skipped if stage.cause == "time" and stage.stage != "timing"]
    told = left_out(for_time) if known else ""
    return f"not done: {told}" if told else ""


def _speed(speedup: Speedup, usual: tuple[int, ...]) -> str:
    """The ratios, and what they hold for unless it is the inputs as they came, run eagerly."""
    rows = speedup.batch_size
    known = rows in usual and speedup.break_even is None
    size = "" if rows is None or known else f" at n={rows}"
    inside = " inside jit" if speedup.mode == "jit" else ""
    first = "first call not measured" if speedup.first_call is None else f"{times(speedup.first_call)} first call"
    ratios = f"{first}, {times(speedup.steady)} steady{size}{inside}"
    return ratios if speedup.break_even is None else f"{ratios}, {faster_from(speedup.break_even)}"


def faster_from(rows: int) -> str:
    """What a break-even means."""
    return f"faster from about {rows} rows on"
