"""Time several things against each other: in turns, so that whatever else the machine does slows all of them."""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_ROUNDS = 25
FEWEST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Series:
    """Seconds of the first run, None where it was not seen, and of the later ones."""

    first: float | None
    later: tuple[float, ...]

    def plain(self) -> dict[str, float | int | None]:
        """As it crosses to the parent: ``low`` and ``high`` are the quartiles."""
        low, steady, high = quartiles(self.later)
        return {"first": self.first, "steady": steady, "low": low, "high": high, "runs": len(self.later)}


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile; of one or two values the extremes."""
    if len(values) < FEWEST_ROUNDS:
        return min(values), statistics.median(values), max(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, statistics.median(values), high


def in_turns(
    runs: Sequence[Callable[[], float]],
    seconds: float,
    *,
    fewest: int = FEWEST_ROUNDS,
    most: int = MOST_ROUNDS,
    enough: Callable[[list[list[float]]], bool] = lambda _: False,
    clock: Callable[[], float] = time.perf_counter,
) -> list[list[float]]:
    """The seconds of each run in every round. Every order has its turn, for what ran just before slows what follows.

    At least ``fewest`` rounds are made; a next one only where it fits into ``seconds``, and those so far are not ``enough``.
    """
    start = clock()
    found: list[list[float]] = [[] for _ in runs]
    orders = itertools.cycle(itertools.permutations(range(len(runs))))
    for done, order in zip(range(1, most + 1), orders, strict=False):
        for index in order:
            found[index].append(runs[index]())
        spent = clock() - start
        if done >= fewest and (spent + spent / done > seconds or enough(found)):
            break
    return found
