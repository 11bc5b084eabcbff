"""How a block of statements was left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap


@dataclass(frozen=True, slots=True)
class Return:
    """One ``return``: under which conditions it was reached, what it gives, and the heap and the log at that moment."""

    path: tuple[tuple[Term, bool], ...]
    value: Value
    heap: Heap
    log: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """``through``: control may reach the end of the block. ``returns``: the places where it may return."""

    through: bool = True
    returns: tuple[Return, ...] = ()
    leaves_loop: bool = False
