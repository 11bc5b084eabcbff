"""Values and terms at another iteration than the one they speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, replaced, term
from vmapify.domain.value import Array, HostScalar, Number, Outer, Singleton, Text, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Hashable


def rebuilt(op: str, *args: Hashable) -> Term:
    """The term ``op(*args)``, integers in normal form."""
    match op, args:
        case "linear", (int(const), tuple(pairs)):
            found = integers.constant(const)
            for one, factor in pairs:
                found = integers.add(found, integers.scale(one, factor))
            return found
        case "product", (Term() as one, Term() as other):
            return integers.multiply(one, other)
        case "modulo", (Term() as one, Term() as other):
            return integers.modulo(one, other)
    return term(op, *args)


def at(value: Value, lane: Term, number: Term) -> Value | None:
    """``value``, which speaks of ``lane``, at iteration ``number``; None if it holds an object of that iteration."""

    def moved(one: Term) -> Term:
        return replaced(one, lane, number, rebuilt)

    match value:
        case Array(one, dtype, shape):
            return Array(moved(one), dtype, tuple(map(moved, shape)) if shape is not None else None)
        case Number(kind, one):
            return Number(kind, moved(one))
        case Text(one):
            return Text(moved(one))
        case HostScalar(one, dtype):
            return HostScalar(moved(one), dtype)
        case Outer(one, cls, exact):
            return Outer(moved(one), cls, exact)
        case Singleton():
            return value
        case Tuple(items):
            found = tuple(at(one, lane, number) for one in items)
            return None if None in found else Tuple(found)  # type: ignore[arg-type]
    return None
