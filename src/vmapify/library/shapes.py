"""Extents of arrays: as integers where they are known, else as terms of their own."""

from __future__ import annotations

from vmapify.domain.integers import constant
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, DTypeOf, Number, ShapeOf, Tuple, Value


def extent(array: Array, axis: int) -> Term:
    """The length of ``array`` along ``axis``."""
    if array.shape is not None and -len(array.shape) <= axis < len(array.shape):
        return array.shape[axis]
    whole = array.like or array.term
    if axis == 0 and whole.op == "index" and _is_empty(whole.args[1][0]):
        return constant(0)
    return term("extent", whole, axis)


def _is_empty(entry: tuple[object, ...]) -> bool:
    """``[:0]``."""
    return entry[0] == "slice" and entry[1] is None and entry[2] == ("int", constant(0)) and entry[3] is None


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
