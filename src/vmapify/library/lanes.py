"""Items of sequences: one by one, or one for every iteration of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.integers import add, constant, known
from vmapify.domain.rebuild import at
from vmapify.heap.objects import Lanes

if TYPE_CHECKING:
    from vmapify.domain.term import Term
    from vmapify.domain.value import Value

Parts = tuple["Value | Lanes", ...]
SMALL = 16


def one_by_one(part: Lanes) -> list[Value] | None:
    """The items of a few iterations; None if there are more, or they hold objects."""
    count = known(part.count)
    if count is None or count > SMALL:
        return None
    found = [at(part.value, part.lane, constant(number)) for number in range(count)]
    return None if None in found else found  # type: ignore[return-value]


def expanded(parts: Parts) -> Parts:
    """``parts``, one by one where that is known to be a few."""
    several: list[Value | Lanes] = []
    for part in parts:
        few = one_by_one(part) if isinstance(part, Lanes) else None
        several += few if few is not None else [part]
    return tuple(several)


def plain_items(parts: Parts | None) -> tuple[Value, ...] | None:
    """``parts`` one by one; None if they are not known, or too many."""
    found = expanded(parts) if parts is not None else None
    if found is None or any(isinstance(one, Lanes) for one in found):
        return None
    return found  # type: ignore[return-value]


def count_of(parts: Parts) -> Term:
    """How many items ``parts`` are."""
    found = constant(0)
    for part in parts:
        found = add(found, part.count if isinstance(part, Lanes) else constant(1))
    return found
