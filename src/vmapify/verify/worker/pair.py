"""The two versions under judgement, as functions from inputs by name to outputs by name."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .observe import Call, Outcome
    from .value_tree.leaves import Leaf


@dataclass(frozen=True, slots=True)
class Pair:
    """``lanes`` maps outputs to their batch axis (None: a reduction); ``allowed`` lists observations that may
    differ (``stdout``, ``warnings``); ``code`` holds the functions whose surroundings are watched.
    ``gradients`` is how the caller differentiates the versions (``reverse``, ``forward``), empty if it does not.
    ``counted`` is the number of rows that the loop has whatever its inputs are, None where they decide.
    ``vouched`` says that wrong results would be seen, for pairs without inputs to find that out with."""

    before: Call
    after: Call
    lanes: dict[str, int | None]
    allowed: frozenset[str] = frozenset()
    code: tuple[Any, ...] = ()
    vouched: bool = False
    gradients: str = ""
    counted: int | None = None


PATIENCE = 1.7
"""How much longer than planned optional runs may take where others use the machine, too: the time limit itself is not near."""


class Budget:
    """Time left for one arrival; optional runs are skipped when they would not fit.

    ``seconds`` are those of an idle machine, half the time limit. On a busy one the time of the processor counts, as
    far as the limit allows, so that the same judgement is made there.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start = time.monotonic(), time.process_time()

    @property
    def limit(self) -> float:
        """The time limit that the user may raise, in seconds."""
        return 2 * self._seconds

    def affords(self, seconds: float, busy: float | None = None) -> bool:
        """Whether runs of about this length still fit; ``busy`` is how long they keep the processor, if that is known."""
        taken = time.monotonic() - self._start[0], time.process_time() - self._start[1]
        needed = seconds if busy is None else min(seconds, busy)
        return min(taken) + needed < self._seconds and taken[0] + seconds < PATIENCE * self._seconds


def matched(pair: Pair, ours: Outcome, theirs: Outcome) -> Iterator[tuple[Leaf, Leaf, int | None]]:
    """Leaves of two outcomes of one structure side by side, with the batch axis of each."""
    for name, leaves in ours.outputs.items():
        axis = pair.lanes.get(name)
        for mine, other in zip(leaves, theirs.outputs[name], strict=True):
            yield mine, other, axis
    for mine, other in zip(ours.arguments, theirs.arguments, strict=True):
        yield mine, other, None


def floats_of(pair: Pair, ours: Outcome, theirs: Outcome) -> Iterator[tuple[Leaf, Leaf, int | None]]:
    """The matched leaves that hold floating point or complex numbers."""
    return (triple for triple in matched(pair, ours, theirs) if triple[0].kind == "inexact")


def batch_size(pair: Pair, outcome: Outcome) -> int | None:
    """Trip count: the extent of the batch axis of the first output that has one, else the length of a list of numbers."""
    for name, axis in pair.lanes.items():
        for leaf in outcome.outputs.get(name, ()):
            shape: Any = getattr(leaf.data, "shape", ())
            if axis is not None and -len(shape) <= axis < len(shape):
                return int(shape[axis])
    listed = (outcome.values.get(name) for name, axis in pair.lanes.items() if axis == 0)
    return next((len(value) for value in listed if isinstance(value, (list, tuple, dict))), None)
