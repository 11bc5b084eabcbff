"""Reading parts of arrays: one normal form, so that ``x[i][j]``, ``x[i, j]`` and a row under ``vmap`` are one term.

An entry of an index is ``("at", n)`` for an integer that is certainly inside of the axis, ``("int", n)`` for one that may
not be, ``("slice", a, b, c)``, ``("back", length)`` for ``[::-1]``, ``("new",)`` for ``None``, ``("rest",)`` for ``...`` or
``("array", term, dtype)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.dtypes import DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import ELLIPSIS, NONE, Array, HostScalar, Number, SliceValue, Tuple
from vmapify.library.operands import as_array, plain
from vmapify.library.shapes import FULL, Entry, extent, sliced

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter


def read(machine: Interpreter, array: Array, index: Value) -> Array | None:
    """``array[index]``; None if the index is not modelled."""
    found = entries(machine, array, index)
    return indexed(array, found) if found is not None else None


def indexed(array: Array, found: tuple[Entry, ...]) -> Array:
    """The part of ``array`` that entries select."""
    like = normal(array.like, found) if array.like is not None else None
    return Array(normal(array.term, found), array.dtype, _shape(array, found), like)


def row(array: Array, number: Term, axis: int = 0) -> Array:
    """What iteration ``number`` sees of ``array`` along ``axis``, which is not negative."""
    return indexed(array, (*[FULL] * axis, ("at", number)))


def entries(machine: Interpreter, array: Array, index: Value) -> tuple[Entry, ...] | None:
    """The entries of an index; None if one is not modelled."""
    parts = index.items if isinstance(index, Tuple) else (index,)
    found: list[Entry] = []
    axis = 0
    for part in parts:
        entry = _entry(machine, array, axis, part)
        if entry is None:
            return None
        axis += 0 if entry[0] == "new" else 1
        if entry[0] == "rest":
            axis -= len(list(parts)) - len(found)  # counted from the end from here on
        found.append(entry)
    while found and found[-1] == FULL and len(found) > 1:
        found.pop()
    return tuple(found)


def _entry(machine: Interpreter, array: Array, axis: int, part: Value) -> Entry | None:
    match part:
        case Number("int", number):
            return ("at", number) if inside(machine, number, array, axis) else ("int", number)
        case SliceValue(start, stop, Number("int", step)) if start == stop == NONE and integers.known(step) == -1:
            return ("back", extent(array, axis))
        case SliceValue(start, stop, step):
            ends = tuple(None if one == NONE else plain(machine, one) for one in (start, stop, step))
            wanted = (start, stop, step)
            return None if any(e is None and w != NONE for e, w in zip(ends, wanted, strict=True)) else ("slice", *ends)
        case HostScalar():
            return None  # an integer in the loop, a traced one under `vmap`
        case _ if part == NONE:
            return ("new",)
        case _ if part == ELLIPSIS:
            return ("rest",)
    found = as_array(machine, part)
    if found is None or found.dtype is None or not found.dtype.is_integer:
        return None
    if found.term.op == "asarray" and found.shape == () and found.dtype.is_integer:
        number = found.term.args[0]
        assert isinstance(number, Term)
        # a traced integer and a Python one read the same row if it is there
        return ("at", number) if inside(machine, number, array, axis) else ("array", found.term, found.dtype)
    return ("array", found.term, found.dtype)


def inside(machine: Interpreter, number: Term, array: Array, axis: int) -> bool:
    """Whether ``number`` is certainly a valid index of an axis, counted from its start."""
    limit = extent(array, axis)
    return machine.bounds.at_least_zero(number) and machine.bounds.is_below(number, limit)


def normal(whole: Term, found: tuple[Entry, ...]) -> Term:
    """The term of what entries select of ``whole``."""
    if not found:
        return whole
    if all(one[0] in {"at", "int", "slice", "back"} for one in found):
        return _basic(whole, found)
    leading = 0
    while found[leading][0] in {"at", "int"}:
        leading += 1
    rest = found[leading:]
    arrays = [k for k, one in enumerate(rest) if one[0] == "array"]
    together = not arrays or arrays == list(range(len(arrays)))
    if leading and together:
        # an integer in front of arrays takes part in their broadcasting: the result is the same
        return term("index", _basic(whole, found[:leading]), rest)
    return term("index", whole, found)


def _basic(whole: Term, found: tuple[Entry, ...]) -> Term:
    """An index of integers and slices, joined with one of integers and full slices before it."""
    if whole.op == "device":  # rows of what was copied to the device, or copies of rows
        return term("device", _basic(whole.args[0], found), whole.args[1])
    if whole.op == "index" and all(one[0] == "at" or one == FULL for one in whole.args[1]):
        before: tuple[Entry, ...] = whole.args[1]
        pending = list(found)
        merged = [pending.pop(0) if one == FULL and pending else one for one in before]
        joined = (*merged, *pending)
        while joined and joined[-1] == FULL:
            joined = joined[:-1]
        return term("index", whole.args[0], joined)
    number = _moved(whole, found[0][1]) if found[0][0] == "at" else None  # type: ignore[arg-type]
    if number is not None:
        # a row of what begins later is a later row
        return _basic(whole.args[0], (("at", number), *found[1:]))
    if whole.op == "arange" and found[0][0] == "at" and len(found) == 1:
        start, step, name = whole.args
        return term("asarray", integers.add(start, integers.scale(found[0][1], step)), name)  # type: ignore[arg-type]
    return term("index", whole, found)


def _moved(whole: Term, number: Term) -> Term | None:
    """Which row of ``x`` is row ``number`` of ``x[a:]``, ``x[a:b:c]`` or ``x[::-1]``; None if that is not certain."""
    if whole.op != "index" or len(whole.args[1]) != 1:
        return None
    match whole.args[1][0]:
        case ("back", Term() as length):
            return integers.subtract(integers.subtract(length, integers.constant(1)), number)
        case ("slice", start, _, step):
            first = 0 if start is None else integers.known(start[1])
            pace = 1 if step is None else integers.known(step[1])
            if first is not None and first >= 0 and pace is not None and pace > 0:
                return integers.add(integers.scale(number, pace), integers.constant(first))
    return None


def _shape(array: Array, found: tuple[Entry, ...]) -> tuple[Term, ...] | None:
    if array.shape is None or any(one[0] in {"rest", "array"} for one in found):
        return None
    shape: list[Term] = []
    axis = 0
    for one in found:
        if one[0] == "new":
            shape.append(integers.constant(1))
            continue
        if axis >= len(array.shape):
            return None
        if one[0] in {"slice", "back"}:
            length = sliced(array.shape[axis], one) if one[0] == "slice" else array.shape[axis]
            if length is None:
                return None
            shape.append(length)
        axis += 1
    return (*shape, *array.shape[axis:])


def strong_integer(machine: Interpreter, number: Term) -> Array:
    """A Python integer as an array of the default integer type: an entry of ``jnp.arange(n)``."""
    name = machine.widths.canonical("int64")
    return Array(term("asarray", number, name), DType(name), ())
