"""Is a verified rewrite worth writing? Decided on measured times alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.evidence import faster_from
from vmapify.report.units import duration, times

if TYPE_CHECKING:
    from vmapify.diagnostic import Speedup, Timing, Verification

CALL = 0.01
"""Seconds that a call may lose in steady state."""
RUN, SHARE = 0.05, 0.05
"""Seconds that a run of the user's may lose, and the part of it; both together are noticed."""
UNEVEN = 0.9
"""How many times as fast as the loop a rewrite has to be that gains nothing from more rows."""
CALLS = 10_000
"""Calls after which a rewrite must not be behind its loop, if its first call is the faster one, under the strict rule."""
DOUBT = 2.0
"""Where too few runs were made for quartiles, times count as different by this factor only."""
FEW = 3


def unprofitable(verification: Verification | None, minimum: float | None) -> str:
    """Why the rewrite is not worth it; empty if it is, or if nothing tells.

    Without a ``minimum`` only what a user would notice counts: see ``_noticed``. With one the rewrite must be so many times
    as fast as the loop in steady state. Either is asked at a size that tells. It counts as slower only beyond the spread of
    the runs, and under the strict rule not if what its first call saves, compilation included, outweighs the loss of ten
    thousand calls.
    """
    speedup = verification.speedup if verification is not None else None
    if speedup is None or not speedup.telling or speedup.loop is None or speedup.rewrite is None:
        return ""
    if minimum is None:
        noticed = _noticed(speedup, speedup.loop, speedup.rewrite)
        return f"{told(speedup)}; {noticed}" if noticed else ""
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


def _noticed(speedup: Speedup, loop: Timing, rewrite: Timing) -> str:
    """What a user would notice of a rewrite that is slower; empty if nothing.

    A call takes ten milliseconds longer in steady state; or rows that run as long as the slowest make it slower however many
    they are; or the run that led here, with its first call and all later ones, takes longer by more than a twentieth.
    """
    lost = rewrite.steady - loop.steady if _slower(loop, rewrite, 1.0) else 0.0
    if lost > CALL:
        return f"{duration(lost)} a call longer"
    if speedup.lockstep and _slower(loop, rewrite, UNEVEN):
        return "every row runs as long as the slowest"
    if speedup.calls is None:
        return ""
    calls = f"{speedup.calls} call{'s' if speedup.calls > 1 else ''}"
    whole = speedup.run_seconds or (loop.first or loop.steady) + (speedup.calls - 1) * loop.steady
    total = lost_in_run(loop, rewrite, speedup.calls)
    if total <= max(RUN, SHARE * whole):
        return ""
    return f"your run takes {duration(total)} longer by it ({calls} in {duration(whole)})"


def lost_in_run(loop: Timing, rewrite: Timing, calls: int) -> float:
    """Seconds by which so many calls take longer, the first one included if it was measured; less than none if they gain.

    Losses count where they are beyond doubt: those of later calls beyond the spread of the runs, those of the first call,
    which is made once, by a factor. Gains always count.
    """
    later = rewrite.steady - loop.steady
    later = later if later < 0 or _slower(loop, rewrite, 1.0) else 0.0
    if loop.first is None or rewrite.first is None:
        return calls * later
    first = rewrite.first - loop.first
    first = first if first < 0 or rewrite.first > DOUBT * loop.first else 0.0
    return first + (calls - 1) * later


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
