"""Is the rewrite faster? A quick answer for a pair that was judged: at the size at hand, and at a larger one."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .program import program
from .sizes import extent, has_rows, with_rows
from .stages import OWN_TIME
from .stopwatch import FEWEST_ROUNDS, MOST_ROUNDS, Series, in_turns
from .versions import Eager, Failed, Jitted, clear_caches, nothing_kept

if TYPE_CHECKING:
    from .observe import Call, Outcome
    from .pair import Budget, Pair
    from .plan import Measure

SECONDS = 0.3
"""For the rounds at one size; a run that takes longer is made once."""
SLOW = 0.1
"""Seconds of a loop beyond which other numbers of rows are not run."""
OBVIOUS = 2.0
"""A rewrite that is faster by this factor on few rows needs no second look on more of them."""
UNREAL_ROUNDS = 9
"""At a size that the user's program does not have."""
SHORT = 0.05
"""Seconds for the rounds of one version by itself."""
TINY = 1e-9
TRACED_ROWS = 16
"""A loop inside ``jax.jit`` is compiled row by row, so that many take long."""
FRESH = 20.0
"""Seconds that first calls may take all in all: with nothing compiled, the program's own functions have to be, too."""
NOTICED = 0.01
"""Seconds a call by which a rewrite may be slower without a closer look."""
DIVERGING = {"while", "cond"}
"""Primitives that ``jax.vmap`` runs for all rows as long as for the slowest, or in all branches."""
NO_TIME = "no time was left"


class Profit:
    """Times one pair on the inputs it was judged on. ``loop`` and ``rewrite`` are the first run of each version."""

    def __init__(self, pair: Pair, inputs: dict[str, Any], loop: Outcome, rewrite: Outcome, budget: Budget) -> None:
        self._pair, self._inputs, self._budget = pair, inputs, budget
        self._loop, self._rewrite = loop, rewrite
        self._count = extent(pair, loop, inputs)

    def timing(self, measure: Measure, *, fresh: bool = True) -> dict[str, Any]:
        """What crosses to the parent. Raises Failed, with the reason, if nothing could be timed.

        ``telling`` is whether the size is one that the user's program has, or large enough to speak for it. ``even`` is
        the number of rows from which on the rewrite is the faster one, where it is not at this size. ``lockstep`` is
        whether it is slower for more rows as well, and all of them run as long as the slowest. First calls are timed
        where ``fresh`` asks for it, and where they may be.
        """
        real = measure.real or (self._count is not None and self._pair.counted == self._count)
        found = self._traced(real=real) if measure.traced else self._compared(measure, real=real)
        if fresh and not measure.traced and found["rows"] == self._count:
            for name, first in self._first_calls().items():
                found[name] |= {"first": first}
        return found

    def _compared(self, measure: Measure, *, real: bool) -> dict[str, Any]:
        """Both versions by themselves, at the size at hand or a larger one."""
        small = self._eager(self._inputs, self._count, most=MOST_ROUNDS if real else UNREAL_ROUNDS)
        loop, rewrite = small["loop"]["steady"], small["rewrite"]["steady"]
        if self._count is None or self._count >= measure.rows:
            told = real or self._count is not None
            return small | {"telling": told, "lockstep": loop < rewrite and self._diverges()}
        if measure.minimum == 0 or loop >= (1.0 if real else OBVIOUS) * rewrite:
            return small | {"telling": real}
        ahead = self._ahead(small, measure.rows)
        even = None if ahead is None else ahead.even
        if real or (ahead is not None and ahead.factor >= OBVIOUS * max(measure.minimum or 1.0, 1.0)):
            worse = ahead is not None and loop < rewrite and ahead.factor < 1
            return small | {"telling": real, "even": even, "lockstep": worse and self._diverges()}
        return self._larger(measure.rows, loop) or small | {"telling": False}

    def _diverges(self) -> bool:
        """Whether rows may differ in how long they run, or in what."""
        found = program(self._pair.before, self._inputs)
        return found is not None and bool(DIVERGING & found.primitives)

    def _first_calls(self) -> dict[str, float]:
        """Seconds of the first call of each version with nothing compiled; none where that may take too long.

        Whatever the user's program has compiled so far has to be compiled again, which it took no longer for than it ran.
        """
        seconds = self._loop.seconds + self._rewrite.seconds + 2 * OWN_TIME.seconds
        if seconds > FRESH or not self._budget.affords(2 * seconds):
            return {}
        found: dict[str, float] = {}
        with nothing_kept():
            for name, call in (("rewrite", self._pair.after), ("loop", self._pair.before)):
                clear_caches()
                try:
                    found[name] = Eager(call, self._inputs)()
                except Failed:
                    return {}
        return found

    def _ahead(self, small: dict[str, Any], rows: int) -> Ahead | None:
        """How the two compare on ``rows`` rows, without a loop over so many: that compiles a ``jnp.stack`` of as many
        arrays. What a further row costs the loop is seen on one row and on those at hand, which are compiled already.
        """
        assert self._count is not None
        loop, rewrite = small["loop"]["low"], small["rewrite"]["steady"]
        few = self._count < 2 or not self._budget.affords(10 * SLOW)
        if few or rewrite * rows / self._count > 10 * SLOW:
            return None
        one = self._alone(self._pair.before, 1)
        many = None if one is None else self._alone(self._pair.after, rows)
        return None if one is None or many is None else looked_ahead((self._count, loop, rewrite), one, (rows, many))

    def _alone(self, call: Call, rows: int) -> float | None:
        """Seconds of one version on another number of rows, in steady state; None where it does not take them."""
        assert self._count is not None
        count = self._count
        inputs, error = attempt(lambda: with_rows(self._inputs, count, np.arange(rows) % count))
        if error is not None:
            return None
        version = Eager(call, inputs)
        try:
            version()
            fits = version.outcome is not None and has_rows(self._pair, self._loop, version.outcome, count, rows)
            return statistics.median(in_turns((version,), SHORT, fewest=1, most=FEWEST_ROUNDS)[0]) if fits else None
        except Failed:
            return None

    def _larger(self, rows: int, seconds: float) -> dict[str, Any] | None:
        """The same on ``rows`` rows, where the loop takes that many and is quick about it."""
        assert self._count is not None
        if seconds * rows / self._count > SLOW or not self._budget.affords(10 * SLOW):
            return None
        inputs = with_rows(self._inputs, self._count, np.arange(rows) % self._count)
        try:
            found = self._eager(inputs, rows, known=False)
        except Failed:
            return None
        return found | {"telling": True, "lockstep": self._slower(found) and self._diverges()}

    def _slower(self, found: dict[str, Any]) -> bool:
        return bool(found["loop"]["steady"] < found["rewrite"]["steady"])

    def _eager(
        self, inputs: dict[str, Any], rows: int | None, *, known: bool = True, most: int = MOST_ROUNDS
    ) -> dict[str, Any]:
        loop, rewrite = Eager(self._pair.before, inputs), Eager(self._pair.after, inputs)
        seconds = self._loop.seconds + self._rewrite.seconds
        if not self._budget.affords(seconds):
            raise Failed(NO_TIME)
        if not known and not self._follows(loop, rewrite, rows):
            raise Failed("the loop does not take other numbers of rows")
        # the first run may have compiled for seconds: only a warm one tells how long the others will take
        fewest = 1 if seconds > SECONDS else FEWEST_ROUNDS
        later = in_turns((loop, rewrite), SECONDS, fewest=fewest, most=most, enough=_apart)
        if _in_doubt(later) and self._budget.affords(2 * FEWEST_ROUNDS * sum(max(series) for series in later)):
            more = in_turns((loop, rewrite), 0.0, fewest=FEWEST_ROUNDS)
            later = [series + others for series, others in zip(later, more, strict=True)]
        return _plain("eager", rows, later)

    def _follows(self, loop: Eager, rewrite: Eager, rows: int | None) -> bool:
        """Run both once, so that they are compiled; whether the loop's results have that many rows."""
        loop()
        rewrite()
        if loop.outcome is None or self._count is None or rows is None:
            return False
        return has_rows(self._pair, self._loop, loop.outcome, self._count, rows)

    def _traced(self, *, real: bool) -> dict[str, Any]:
        """Both versions inside ``jax.jit``, where the loop was found there and has few rows.

        How long compiling takes is not asked: the user's own trace is under way, and nothing it has compiled may go.
        """
        if self._count is None or self._count > TRACED_ROWS:
            raise Failed(f"it runs inside a transformation, over more than {TRACED_ROWS} rows")
        if not self._budget.affords(4 * self._loop.seconds):
            raise Failed(NO_TIME)
        loop, rewrite = (Jitted(call, self._inputs) for call in (self._pair.before, self._pair.after))
        loop.first()
        rewrite.first()
        found = _plain("jit", self._count, in_turns((loop, rewrite), SECONDS))
        return found | {"telling": real, "lockstep": self._slower(found) and self._diverges()}


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many times as fast the rewrite is on more rows, and from how many rows on it is the faster one."""

    factor: float
    even: int | None


def looked_ahead(at_hand: tuple[int, float, float], one: float, many: tuple[int, float]) -> Ahead:
    """From the seconds of both versions on some rows, those of the loop on one, and those of the rewrite on many.

    Rows cost either version the same again each, which for a loop says too little rather than too much.
    """
    (count, loop, rewrite), (rows, larger) = at_hand, many
    row = max(loop - one, 0.0) / (count - 1)
    gained = row - max(larger - rewrite, 0.0) / (rows - count)
    even = math.ceil(count + (rewrite - loop) / gained) if rewrite > loop and gained > 0 else None
    return Ahead((loop + row * (rows - count)) / max(larger, TINY), even)


def _apart(found: list[list[float]]) -> bool:
    """Whether the rounds made so far leave no doubt which version is the faster one."""
    loop, rewrite = found
    few = min(len(loop), len(rewrite)) < FEWEST_ROUNDS
    return not few and (min(loop) > OBVIOUS * max(rewrite) or min(rewrite) > OBVIOUS * max(loop))


def _in_doubt(found: list[list[float]]) -> bool:
    """Whether the rewrite may be noticeably slower, and too few rounds were made to tell."""
    loop, rewrite = found
    return len(loop) < FEWEST_ROUNDS and OBVIOUS * max(loop) > min(rewrite) > max(loop) + NOTICED


def _plain(mode: str, rows: int | None, later: list[list[float]]) -> dict[str, Any]:
    loop, rewrite = (Series(None, tuple(series)).plain() for series in later)
    return {"mode": mode, "rows": rows, "loop": loop, "rewrite": rewrite}
