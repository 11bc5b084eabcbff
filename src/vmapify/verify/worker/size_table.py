"""The table of ``bench``: both versions of a pair that passed, over batch sizes, eagerly and inside ``jax.jit``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .memory import held_at_once
from .sizes import extent, has_rows, with_rows
from .stopwatch import Series, in_turns, quartiles
from .survey import array_shapes
from .versions import Eager, Failed, Jitted, clear_caches, nothing_kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .observe import Call, Outcome
    from .pair import Pair
    from .plan import Measure

ROUNDS_SECONDS = 1.0
"""For the rounds of one row of the table."""
MANY, GROWTH = 1000, 0.5
"""Beyond so many rows a first run of a loop takes longer by this power: ``jnp.stack`` compiles a program for each number."""
SHARE = 0.8
"""The power by which compiling a loop is expected to grow where only one number of rows was seen."""
GROWN = 1.5
"""First runs take longer on more rows only beyond this factor: what compiling takes varies."""
MOST_NUMBERS = 2**27
"""Numbers in all inputs together beyond which they are not made: half a gigabyte in single precision."""
TRACED = 100
UNFIT = "its results do not have that many rows"
Row = dict[str, Any]
Tell = Callable[[list[Row]], None]
MODES: dict[str, type[Eager | Jitted]] = {"eager": Eager, "jit": Jitted}


class Sweep:
    """Times one pair at several sizes. ``first`` is what the loop gave on the inputs as they came."""

    def __init__(self, pair: Pair, inputs: dict[str, Any], first: Outcome, measure: Measure) -> None:
        self._pair, self._inputs, self._first = pair, inputs, first
        self._count = extent(pair, first, inputs)
        self._end = time.monotonic() + measure.seconds
        self._sizes = measure.sizes
        self._seen: dict[tuple[str, str], list[Seen]] = {}
        self._unfit: set[int | None] = set()
        self.rows: list[Row] = []

    def run(self, tell: Tell) -> list[Row]:
        """All rows of the table, the small sizes first; ``tell`` gets what there is after each of them."""
        with nothing_kept():
            for size in sorted({*self._sizes, self._count}) if self._count else (None,):
                inputs = self._resized(size)
                for mode in MODES:
                    row = {"rows": size, "mode": mode, "loop": None, "rewrite": None, "skipped": ""}
                    self.rows.append(
                        row | ({"skipped": inputs} if isinstance(inputs, str) else self._row(mode, size, inputs))
                    )
                    tell(self.rows)
        return self.rows

    def _resized(self, size: int | None) -> dict[str, Any] | str:
        if size is None or size == self._count or not self._count:
            return self._inputs
        if _numbers(self._inputs, self._count, size) > MOST_NUMBERS:
            return "the inputs would be too large"
        count = self._count
        inputs, error = attempt(lambda: with_rows(self._inputs, count, np.arange(size) % count))
        return inputs if error is None else "the inputs cannot be given that many rows"

    def _row(self, mode: str, size: int | None, inputs: dict[str, Any]) -> Row:
        """One row: each version first alone, with nothing compiled, then both in turns.

        The loop comes last, for what it has compiled is not to be compiled again.
        """
        ready: dict[str, Eager | Jitted] = {}
        firsts: dict[str, float] = {}
        skipped: list[str] = []
        for name, call in (("rewrite", self._pair.after), ("loop", self._pair.before)):
            found = self._first_run(mode, name, size, call, inputs)
            if isinstance(found, str):
                skipped.append(f"{name}: {found}")
            else:
                ready[name], firsts[name] = found
        if len(ready) > 1:
            ready["rewrite"]()
        later = in_turns(list(ready.values()), ROUNDS_SECONDS, fewest=1) if ready else []
        for name, seconds in zip(ready, later, strict=True):
            self._seen.setdefault((mode, name), []).append(Seen(size or 1, firsts[name], *quartiles(seconds)))
        timed = {
            name: Series(firsts[name], tuple(seconds)).plain() | {"memory": self._memory(name, version, inputs, size)}
            for (name, version), seconds in zip(ready.items(), later, strict=True)
        }
        return {**timed, "skipped": "; ".join(skipped)}

    def _first_run(
        self, mode: str, name: str, size: int | None, call: Call, inputs: dict[str, Any]
    ) -> tuple[Eager | Jitted, float] | str:
        if mode == "jit" and size in self._unfit:
            return UNFIT
        seen, left = self._seen.get((mode, name), []), self._end - time.monotonic()
        seconds = expected(seen, size or 1, loop=name == "loop", whole=mode == "jit")
        if seconds >= left:
            return _too_long(seconds, left, seen)
        clear_caches()
        version = MODES[mode](call, inputs)
        try:
            seconds = version.first() if isinstance(version, Jitted) else version()
        except Failed as error:
            return str(error)
        if isinstance(version, Eager) and not self._follows(version, size):
            self._unfit.add(size)
            return UNFIT
        return version, seconds

    def _memory(self, name: str, version: Eager | Jitted, inputs: dict[str, Any], size: int | None) -> int | None:
        """Bytes of the compiled program, or of what is held at once eagerly; long loops are not traced for that."""
        if isinstance(version, Jitted):
            return version.memory()
        if name == "loop" and (size or 0) > TRACED:
            return None
        return held_at_once(self._pair.before if name == "loop" else self._pair.after, inputs)

    def _follows(self, version: Eager, size: int | None) -> bool:
        if size is None or self._count is None or size == self._count:
            return True
        if version.outcome is None:
            return False
        return has_rows(self._pair, self._first, version.outcome, self._count, size)


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds of one version on some rows: of its first run, and the quartiles of the later ones."""

    rows: int
    first: float
    low: float
    steady: float
    high: float


def expected(seen: Sequence[Seen], size: int, *, loop: bool, whole: bool) -> float:
    """Seconds that two runs on ``size`` rows will take, the first one included, going by those on fewer rows.

    What one number of rows shows is enough for a loop, whose steps cost the same each; of a version that takes all rows at
    once nothing is foretold from less than two. ``whole``: one program is compiled for all steps of the loop. Only what
    grew beyond the spread of the runs, and what compiling varies by, is taken to grow.
    """
    if not seen:
        return 0.0
    last, more = seen[-1], size - seen[-1].rows
    if len(seen) > 1:
        before = seen[-2]
        step = max(last.low - before.high, 0.0) / max(last.rows - before.rows, 1)
        compiling = (
            (last.first - before.first) / max(last.rows - before.rows, 1) if loop and _grown(before, last) else 0.0
        )
        first = last.first + max(step, compiling) * more
    else:
        step = last.steady / last.rows if loop else 0.0
        first = last.first * math.pow(size / last.rows, SHARE) if loop and whole else last.steady + step * more
    stacked = math.pow(size / max(last.rows, MANY), GROWTH) if loop and size > MANY else 1.0
    return first * stacked + last.steady + step * more


def _grown(before: Seen, last: Seen) -> bool:
    return last.first > GROWN * before.first


def _too_long(seconds: float, left: float, seen: Sequence[Seen]) -> str:
    if left <= 0:
        return "time is up"
    rows = " and ".join(f"n={one.rows}" for one in seen[-2:])
    return f"would take about {seconds:.0f} s, going by {rows}, with {left:.0f} s left"


def _numbers(inputs: dict[str, Any], count: int, size: int) -> int:
    """How many numbers the inputs would hold."""
    shapes: Sequence[tuple[int, ...]] = array_shapes(inputs)
    return sum(int(np.prod([size if extent == count else extent for extent in shape])) for shape in shapes)
