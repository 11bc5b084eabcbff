"""Extents of arrays: as integers where they are known, else as terms of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, DTypeOf, Number, ShapeOf, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Hashable

Entry = tuple["Hashable", ...]
"""An entry of an index: see `indexing`."""
FULL: Entry = ("slice", None, None, None)


def extent(array: Array, axis: int) -> Term:
    """The length of ``array`` along ``axis``."""
    if array.shape is not None and -len(array.shape) <= axis < len(array.shape):
        return array.shape[axis]
    whole = array.like or array.term
    if axis == 0 and whole.op == "index" and whole.args[1][0][0] == "back":
        return whole.args[1][0][1]  # type: ignore[no-any-return]
    if axis == 0 and whole.op == "index" and whole.args[1][0][0] == "slice":
        length = sliced(extent(Array(whole.args[0]), 0), whole.args[1][0])
        if length is not None:
            return length
    return term("extent", whole, axis)


def _tail(length: Term, entry: Entry) -> Term | None:
    """The length of ``[a:]`` or ``[:-b]``, whose ends are known; None for other slices."""
    _, start, stop, step = entry
    first, last = (integers.known(one[1]) if one is not None else 0 for one in (start, stop))  # type: ignore[index]
    if step is not None or first is None or last is None or first < 0 or last > 0 or (stop is not None and last == 0):
        return None
    return integers.positive(integers.add(length, integers.constant(last - first)))


def sliced(length: Term, entry: Entry) -> Term | None:
    """The length of a slice of an axis; None if it depends on what is not known."""
    _, start, stop, step = entry
    if entry == FULL:
        return length
    pace = integers.known(step[1]) if step is not None else 1  # type: ignore[index]
    first = integers.known(start[1]) if start is not None else 0  # type: ignore[index]
    if stop is None and pace is not None and pace > 1 and first is not None and first >= 0:
        return integers.steps(integers.subtract(length, integers.constant(first)), pace)
    tail = _tail(length, entry)
    if tail is not None:
        return tail
    if start is None and stop is not None and integers.known(stop[1]) == 0:  # type: ignore[index]
        return integers.constant(0)
    whole = integers.known(length)
    ends = [None if one is None else integers.known(one[1]) for one in (start, stop, step)]  # type: ignore[index]
    if whole is None or any(e is None and one is not None for e, one in zip(ends, (start, stop, step), strict=True)):
        return None
    return integers.constant(len(range(*slice(*ends).indices(whole))))


def shape_value(array: Array) -> Value:
    """``array.shape``."""
    if array.shape is None:
        return ShapeOf(array.like or array.term)
    return Tuple(tuple(Number("int", one) for one in array.shape))


def dtype_value(array: Array) -> Value:
    """``array.dtype``."""
    return DTypeOf(array.term, array.dtype.name if array.dtype is not None else None)


def row_shape(shape: tuple[Term, ...] | None, axis: int) -> tuple[Term, ...] | None:
    """The shape of what is left of an array once ``axis`` is gone."""
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]
