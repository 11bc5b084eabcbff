"""Is a verified rewrite worth writing? Decided on measured times alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.evidence import faster_from
from vmapify.report.units import duration, times

if TYPE_CHECKING:
    from vmapify.diagnostic import Speedup, Timing, Verification

CALLS = 10_000
"""Calls after which a rewrite must not be behind its loop, if its first call is the faster one."""
DOUBT = 2.0
"""Where too few runs were made for quartiles, times count as different by this factor only."""
FEW = 3


def unprofitable(verification: Verification | None, minimum: float) -> str:
    """Why the rewrite is not worth it; empty if it is, or if nothing tells.

    It must be ``minimum`` times as fast as the loop in steady state, measured at a size that tells. It counts as slower
    only beyond the spread of the runs, and not if what its first call saves, compilation included, outweighs the loss
    of ten thousand calls.
    """
    speedup = verification.speedup if verification is not None else None
    if speedup is None or not speedup.telling or speedup.loop is None or speedup.rewrite is None:
        return ""
    if not _slower(speedup.loop, speedup.rewrite, minimum) or _made_up_for(speedup.loop, speedup.rewrite, minimum):
        return ""
    return told(speedup)


def told(speedup: Speedup) -> str:
    """The measured ratio with what it was measured on."""
    assert speedup.loop is not None
    assert speedup.rewrite is not None
    size = "" if speedup.batch_size is None else f" at n={speedup.batch_size}"
    inside = " inside jit" if speedup.mode == "jit" else ""
    seconds = f"{duration(speedup.rewrite.steady)} a call against the loop's {duration(speedup.loop.steady)}"
    more = "" if speedup.break_even is None else f"; {faster_from(speedup.break_even)}"
    return f"{times(speedup.steady)}{size}{inside} ({seconds}){more}"


def _slower(loop: Timing, rewrite: Timing, minimum: float) -> bool:
    if loop.steady >= minimum * rewrite.steady:
        return False
    if min(loop.runs, rewrite.runs) < FEW:
        return DOUBT * loop.steady < minimum * rewrite.steady
    return loop.high < minimum * rewrite.low


def _made_up_for(loop: Timing, rewrite: Timing, minimum: float) -> bool:
    if loop.first is None or rewrite.first is None:
        return False
    return loop.first - rewrite.first > CALLS * (minimum * rewrite.steady - loop.steady)
