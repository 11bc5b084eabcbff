"""Integers as terms: linear forms in normal form, so that equal forms are the same term, and bounds of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term

if TYPE_CHECKING:
    from collections.abc import Mapping

NONNEGATIVE = {"extent", "lane"}
"""Operations whose value is never negative: the length of an axis, the number of an iteration."""


def constant(value: int) -> Term:
    """The integer ``value``."""
    return term("integer", value)


def positive(length: Term) -> Term:
    """How many items there are between two ends that lie ``length`` apart: none if that is negative."""
    value = known(length)
    return constant(max(value, 0)) if value is not None else term("extent", length, "positive")


def steps(length: Term, step: int) -> Term:
    """How many items there are between two ends that lie ``length`` apart, every ``step``-th one counted (``step > 1``)."""
    value = known(length)
    return constant(len(range(0, value, step))) if value is not None else term("extent", length, "every", step)


def at_work(count: Term) -> Term:
    """``count`` in a loop that has this many iterations, of which one is running: what is positive is what it is made of."""
    return count.args[0] if count.op == "extent" and count.args[-1] == "positive" else count


def truth(value: bool) -> Term:
    """The constant ``True`` or ``False``."""
    return term("truth", value)


def known(number: Term) -> int | None:
    """The integer that ``number`` is, if that is known."""
    return number.args[0] if number.op == "integer" else None


def linear(number: Term) -> tuple[int, dict[Term, int]]:
    """``number`` as a constant and the coefficients of what it depends on."""
    if number.op == "integer":
        return number.args[0], {}
    if number.op == "linear":
        return number.args[0], dict(number.args[1])
    return 0, {number: 1}


def combined(const: int, factors: Mapping[Term, int]) -> Term:
    """The term of a linear form."""
    kept = tuple(sorted(((one, f) for one, f in factors.items() if f), key=lambda pair: pair[0].serial))
    if not kept:
        return constant(const)
    if const == 0 and len(kept) == 1 and kept[0][1] == 1:
        return kept[0][0]
    return term("linear", const, kept)


def add(left: Term, right: Term) -> Term:
    """``left + right``."""
    const, factors = linear(left)
    more, others = linear(right)
    for one, factor in others.items():
        factors[one] = factors.get(one, 0) + factor
    return combined(const + more, factors)


def scale(number: Term, factor: int) -> Term:
    """``factor * number``."""
    const, factors = linear(number)
    return combined(const * factor, {one: f * factor for one, f in factors.items()})


def subtract(left: Term, right: Term) -> Term:
    """``left - right``."""
    return add(left, scale(right, -1))


def multiply(left: Term, right: Term) -> Term:
    """``left * right``; a term of its own if that is not linear."""
    for one, other in ((left, right), (right, left)):
        value = known(one)
        if value is not None:
            return scale(other, value)
    first, second = sorted((left, right), key=lambda one: one.serial)
    return term("product", first, second)


def divide(left: Term, right: Term) -> Term | None:
    """``left // right``, None if the divisor may be zero."""
    a, b = known(left), known(right)
    if b == 0 or b is None:
        return None
    return constant(a // b) if a is not None else term("quotient", left, right)


def modulo(left: Term, right: Term) -> Term:
    """``left % right``; the divisor is not zero."""
    a, b = known(left), known(right)
    return constant(a % b) if a is not None and b else term("modulo", left, right)


class Bounds:
    """What is known of the size of integers: ``lanes`` holds, for every lane that is bound, how many there are.

    ``extents``: numbers that are the length of an axis, so that they are not negative.
    """

    def __init__(self, lanes: Mapping[Term, Term], extents: frozenset[Term] = frozenset()) -> None:
        self._lanes = lanes
        self._extents = extents

    def at_least_zero(self, number: Term) -> bool:
        """Whether ``number`` is certainly not negative."""
        lowest = self._bound(number, up=False)
        return lowest is not None and self._nonnegative(lowest)

    def is_positive(self, number: Term) -> bool:
        """Whether ``number`` is certainly greater than zero; a loop that is running has an iteration."""
        return self.at_least_zero(subtract(number, constant(1))) or number in self._lanes.values()

    def is_below(self, number: Term, limit: Term) -> bool:
        """Whether ``number < limit`` for certain."""
        highest = self._bound(number, up=True)
        return highest is not None and self._nonnegative(subtract(subtract(limit, highest), constant(1)))

    def largest(self, number: Term) -> int | None:
        """The largest absolute value of ``number``, if that is known."""
        ends = [self._bound(number, up=up) for up in (False, True)]
        values = [known(one) if one is not None else None for one in ends]
        return None if None in values else max(abs(one) for one in values if one is not None)

    def _nonnegative(self, number: Term) -> bool:
        const, factors = linear(number)
        if all(factor > 0 and one.op in NONNEGATIVE for one, factor in factors.items()) and const >= 0:
            return True
        if any(factors == linear(one)[1] and const >= linear(one)[0] for one in self._extents):
            return True
        # what is left may be one trip count of a running loop, of which there is at least one iteration
        return const >= -1 and any(
            factors == linear(count)[1] and const + 1 >= linear(count)[0] for count in self._running()
        )

    def _running(self) -> list[Term]:
        return [at_work(count) for count in self._lanes.values() if linear(count)[1]]

    def _bound(self, number: Term, *, up: bool) -> Term | None:
        """The largest (or smallest) value of ``number`` over all lanes, as a term without lanes."""
        const, factors = linear(number)
        found = constant(const)
        for one, factor in factors.items():
            end = self._last_step(one, factor) if up else None
            if end is None:
                far = self._end(one, up=up == (factor > 0))
                end = scale(far, factor) if far is not None else None
            if end is None:
                return None
            found = add(found, end)
        return found

    def _last_step(self, one: Term, factor: int) -> Term | None:
        """How far a loop gets at most that takes steps of ``factor``; None if it does not."""
        count = self._lanes.get(one)
        stepped = count is not None and count.op == "extent" and count.args[1:] == ("every", factor)
        return subtract(count.args[0], constant(1)) if count is not None and stepped else None

    def _end(self, one: Term, *, up: bool) -> Term | None:
        if one.op == "lane":
            count = self._lanes.get(one)
            if not up:
                return constant(0)
            return subtract(at_work(count), constant(1)) if count is not None else None
        if one.op == "modulo" and self.is_positive(one.args[1]):
            return subtract(one.args[1], constant(1)) if up else constant(0)
        return None if one.lanes else one
