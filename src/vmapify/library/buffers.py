"""Buffers whose rows a loop writes: `x = x.at[i].set(v)`.

What `x.at[…].set(v)` makes is a term in normal form, so that a loop that writes rows and a ``vmap`` whose rows are stored
at once are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, lane, mentions, term
from vmapify.domain.value import Array
from vmapify.library import casts, indexing
from vmapify.library.collected import stack
from vmapify.library.shapes import FULL, extent, row_shape, sliced

if TYPE_CHECKING:
    from vmapify.library.protocol import Interpreter
    from vmapify.library.shapes import Entry

UPDATES = {"set", "add", "subtract", "multiply", "divide", "min", "max", "power"}
_PREFIX = "at[]."
_BASIC = {"at", "int", "slice", "rows"}


def written(machine: Interpreter, array: Array, found: tuple[Entry, ...], value: Array, name: str = "set") -> Array:
    """``array.at[found].set(value)``."""
    entries = tuple(_as_rows(machine, array, axis, one, found) for axis, one in enumerate(found))
    while entries and entries[-1] == FULL:
        entries = entries[:-1]
    if name == "set" and not entries:
        return stored(machine, value, array)
    if not entries or entries[-1][0] == "rows":
        spread = _row_by_row(machine, array, entries, value, name)
        if spread is not None:
            return spread
    return _updated(array, entries, casts.stored_as(machine, value, array) if name == "set" else value, name)


def _updated(array: Array, entries: tuple[Entry, ...], value: Array, name: str) -> Array:
    form = value.shape if value.shape is not None else value.like or value.term
    whole = term(_PREFIX + name, (array.term, array.dtype), entries, (value.term, value.dtype, form))
    return Array(whole, array.dtype, array.shape, array.like or array.term)


def _as_rows(machine: Interpreter, array: Array, axis: int, entry: Entry, found: tuple[Entry, ...]) -> Entry:
    """A slice as ``("rows", start, step, count)`` where that is certain; all of an axis as the full slice."""
    if entry[0] != "slice" or entry == FULL or any(one[0] not in _BASIC for one in found[:axis]):
        return entry
    _, start, _, step = entry
    length = extent(array, axis)
    count = sliced(length, entry)
    first = integers.constant(0) if start is None else start[1]  # type: ignore[index]
    pace = 1 if step is None else integers.known(step[1])  # type: ignore[index]
    if count is None or pace is None or pace < 1 or not machine.bounds.at_least_zero(first):
        return entry
    return rows_entry(first, pace, count, length)


def rows_entry(start: Term, step: int, count: Term, length: Term) -> Entry:
    """The rows from ``start`` on, every ``step``-th one."""
    whole = step == 1 and integers.known(start) == 0 and count is length
    return FULL if whole else ("rows", start, step, count)


def _row_by_row(
    machine: Interpreter, array: Array, entries: tuple[Entry, ...], value: Array, name: str
) -> Array | None:
    """``array.at[rows].add(stack)``: one row after the other; None if that is not certainly what it is."""
    whole = value.term
    if whole.op != "stack":
        return None
    level, count, axis, body = whole.args
    wanted = entries[-1] if entries else ("rows", integers.constant(0), 1, extent(array, axis))
    if axis != max(len(entries) - 1, 0) and entries:
        return None
    if entries[:axis] != (FULL,) * len(entries[:axis]) or wanted[3] is not count:
        return None
    here = lane(level)
    number = integers.add(wanted[1], integers.scale(here, wanted[2]))  # type: ignore[arg-type]
    row = indexing.row(array, number, axis)
    part = Array(body, value.dtype, row_shape(value.shape, axis))
    if part.shape is None or row.shape is None or len(part.shape) != len(row.shape):
        return None  # what has fewer axes is spread along the rows, too
    made = written(machine, row, (), part, name)
    return filled(array, made, axis, (wanted[1], wanted[2]), here, count)  # type: ignore[arg-type]


def stored(machine: Interpreter, value: Array, like: Array) -> Array:
    """``value`` brought to the dtype and shape of ``like``, all of which it replaces."""
    found = casts.stored_as(machine, value, like)
    if _alike(found, like):
        return Array(found.term, like.dtype, like.shape, like.like or like.term)
    shape = like.shape if like.shape is not None else like.like or like.term
    whole = term("spread", (found.term, found.dtype), like.dtype, shape)
    return Array(whole, like.dtype, like.shape, like.like or like.term)


def _alike(one: Array, other: Array) -> bool:
    """Whether two arrays certainly have one shape."""
    if one.shape is not None or other.shape is not None:
        return one.shape == other.shape
    return (one.like or one.term) is (other.like or other.term)


def rows_written(machine: Interpreter, first: Array, last: Array, left: Term, here: Term, count: Term) -> Array | None:
    """The buffer behind a loop that writes, in iteration ``here``, to one row of it alone, another one each time.

    ``first`` is the buffer before the loop, ``last`` what an iteration makes of ``left``, what it finds. None if it
    does something else with it.
    """
    found = _place(last.term, left, here)
    if found is None:
        return None
    axis, number = found
    start, factors = integers.linear(number)
    step = factors.pop(here, 0)
    offset = integers.combined(start, factors)
    if step < 1 or here.args[0] in offset.lanes:
        return None
    around = _around(last.term, left, axis)
    if around:
        # all of it happens inside of one row, or of one entry of one
        inner = indexing.indexed(first, around)
        rows = _Rows(machine, left, around, number, indexing.row(inner, number))
        now = rows.of(last.term)
        made = filled(inner, now, 0, (offset, step), here, count) if now is not None else None
        whole = written(machine, first, around, made) if made is not None else None
    else:
        rows = _Rows(machine, left, (FULL,) * axis, number, indexing.row(first, number, axis))
        now = rows.of(last.term)
        whole = filled(first, now, axis, (offset, step), here, count) if now is not None else None
    return None if whole is None or mentions(whole.term, left) else whole


def _around(whole: Term, left: Term, axis: int) -> tuple[Entry, ...]:
    """The numbers in front of ``axis`` that all writes of an iteration have in common; none if they differ."""
    found: set[tuple[Entry, ...]] = set()
    while whole is not left and whole.op.startswith(_PREFIX):
        found.add(whole.args[1][:axis])
        whole = whole.args[0][0]
    common = found.pop() if len(found) == 1 else ()
    return common if all(one[0] == "at" for one in common) else ()


def _place(whole: Term, left: Term, here: Term) -> tuple[int, Term] | None:
    """The axis and the number of the row that the last write of an iteration goes to."""
    if not whole.op.startswith(_PREFIX):
        return None
    for axis, entry in enumerate(whole.args[1]):
        if entry[0] == "at" and here.args[0] in entry[1].lanes:
            return axis, entry[1]
    return None


class _Rows:
    """The row at ``number`` of what an iteration makes of ``left``, behind ``around``; ``row`` is what it was before.

    ``around`` are full slices, or the numbers at which the buffer that is meant is a part of ``left``.

    No other iteration writes that row, so that what an iteration reads of it is what was there before the loop.
    """

    def __init__(self, machine: Interpreter, left: Term, around: tuple[Entry, ...], number: Term, row: Array) -> None:
        self._machine = machine
        self._left = left
        self._around = around
        self._number = number
        self._row = row
        self._seen: dict[Term, Term] = {}

    def of(self, whole: Term) -> Array | None:
        """The row of ``whole``; None if it is not made by writing to that row of ``left``."""
        if whole is self._left:
            return self._row
        if not whole.op.startswith(_PREFIX):
            return None
        (base, _), found, (value, dtype, form) = whole.args
        before, rest = self.of(base), self._rest(found)
        if before is None or rest is None:
            return None
        known = isinstance(form, tuple)
        stored = Array(self._read(value), dtype, form if known else None, None if known else self._read(form))
        return written(self._machine, before, rest, stored, whole.op.removeprefix(_PREFIX))

    def _rest(self, found: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        """What entries select of the row; None if that is not certainly a part of it."""
        axis = len(self._around)
        if len(found) <= axis or found[axis] != ("at", self._number):
            return None
        before, behind = found[:axis], found[axis + 1 :]
        if before and self._around != (FULL,) * axis:
            if before != self._around:
                return None
            before = ()
        basic = all(one[0] in _BASIC for one in (*before, *behind))
        arrays = [one[0] == "array" for one in behind]
        # integers take part in the broadcasting of the arrays behind them, which changes nothing
        together = not before and arrays == sorted(arrays, reverse=True)
        return (*before, *behind) if basic or together else None

    def _read(self, whole: Term) -> Term:
        """``whole`` with the row for what it reads of the buffer."""
        if whole not in self._seen:
            self._seen[whole] = self._replaced(whole)
        return self._seen[whole]

    def _replaced(self, whole: Term) -> Term:
        if not mentions(whole, self._left):
            return whole
        if whole.op == "index":
            row, rest = self.of(whole.args[0]), self._rest(whole.args[1])
            if row is not None and rest is not None:
                while rest and rest[-1] == FULL:
                    rest = rest[:-1]
                return indexing.normal(row.term, rest)
        return term(whole.op, *(self._part(one) for one in whole.args))

    def _part(self, part: object) -> object:
        if isinstance(part, tuple):
            return tuple(map(self._part, part))
        return self._read(part) if isinstance(part, Term) else part


def filled(first: Array, row: Array, axis: int, place: tuple[Term, int], here: Term, count: Term) -> Array | None:
    """``first`` with the rows from ``place`` on replaced by what every iteration gives."""
    stacked = stack(row, here, count, axis)
    if stacked is None:
        return None
    start, step = place
    entry = rows_entry(start, step, count, extent(first, axis))
    if entry == FULL:
        return Array(stacked.term, first.dtype, first.shape, first.like or first.term)
    return _updated(first, (*[FULL] * axis, entry), stacked, "set")
