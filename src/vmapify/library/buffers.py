"""Buffers whose rows a loop writes: `x = x.at[i].set(v)`, and NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, mentions, replaced, term
from vmapify.domain.value import Array
from vmapify.library import indexing
from vmapify.library.shapes import extent, row_shape

if TYPE_CHECKING:
    from vmapify.library.protocol import Interpreter
    from vmapify.library.shapes import Entry


def written(array: Array, found: tuple[Entry, ...], value: Array, name: str = "set") -> Array:
    """``array.at[found].set(value)``."""
    whole = term(name, (array.term, array.dtype), found, (value.term, value.dtype, value.shape))
    return Array(whole, array.dtype, array.shape)


def rows_written(machine: Interpreter, first: Array, last: Array, left: Term, here: Term, count: Term) -> Array | None:
    """The buffer behind a loop that writes, in iteration ``here``, to row ``here`` of it alone.

    ``first`` is the buffer before the loop, ``last`` what an iteration makes of ``left``, what it finds. None if it
    does something else with it.
    """
    row = Array(indexing.row(first, here).term, first.dtype, row_shape(first.shape, 0))
    now = _row(last.term, left, first, row, here)
    if now is None or mentions(now.term, left):
        return None
    return filled(machine, first, now, here, count)


def _row(whole: Term, left: Term, first: Array, row: Array, here: Term) -> Array | None:
    """Row ``here`` of the array ``whole``, which an iteration makes of ``left``."""
    if whole is left:
        return row
    if whole.op != "set":
        return None
    (base, _), found, (value, dtype, shape) = whole.args
    before = _row(base, left, first, row, here)
    if before is None or not found or found[0] != ("at", here):
        return None
    # an iteration reads of the buffer only the row that it writes, which no other iteration writes
    value = replaced(value, indexing.row(Array(left), here).term, row.term)
    if len(found) > 1:
        return written(before, found[1:], Array(value, dtype, shape))
    return cast(Array(value, dtype, shape), before)


def cast(value: Array, like: Array) -> Array:
    """``value`` brought to the dtype and shape of a row."""
    if value.dtype is not None and value.dtype == like.dtype and value.shape is not None and value.shape == like.shape:
        return value
    return Array(term("row", (value.term, value.dtype), like.dtype, like.shape), like.dtype, like.shape)


def filled(machine: Interpreter, first: Array, row: Array, here: Term, count: Term) -> Array:
    """``first`` with its first ``count`` rows replaced by what every iteration gives."""
    stacked = term("stack", here.args[0], count, 0, row.term)
    if extent(first, 0) is count:
        return Array(stacked, first.dtype, first.shape)
    part: tuple[Entry, ...] = (("slice", None, ("int", count), None),)
    return written(first, part, Array(stacked, row.dtype))
