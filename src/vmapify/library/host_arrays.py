"""NumPy arrays: they live on the host, have their own dtypes, and can be changed.

Terms of what they hold: ``host(x, own, dtype)`` is the array ``x`` of JAX, whose dtype is ``own``, as a NumPy array of
``dtype``; ``index`` and ``stack`` of such are rows of them, and rows put together. An array of which there is a view has
escaped: it is never written to in a proof, and is unknown once code that is not modelled has run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.dtypes import KEY, DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, HostScalar, Number, Reference
from vmapify.heap.objects import HostArray, Lanes
from vmapify.library import indexing
from vmapify.library.host_dtypes import DTYPES, PYTHON, keeps_values
from vmapify.library.shapes import FULL, extent, sliced

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter
    from vmapify.library.shapes import Entry


def of_device(array: Array, wanted: str | None = None) -> HostArray | None:
    """An array of JAX as a NumPy array of the dtype ``wanted``; None if the numbers may change on the way."""
    own = array.dtype.name if array.dtype is not None else None
    if own == KEY:
        return None
    known = own if own in DTYPES else None
    if wanted is not None and not _is_exact(own, wanted):
        return None
    dtype = wanted or known
    return HostArray(term("host", array.term, own, dtype), dtype, array.shape)


def _is_exact(own: str | None, wanted: str) -> bool:
    """Whether making ``wanted`` of a number is the same alone and together with others."""
    return own in DTYPES and keeps_values(own, wanted)


def converted(found: HostArray, wanted: str | None) -> HostArray | None:
    """``found`` as an array of the dtype ``wanted``; None if its numbers may change."""
    if wanted is None or wanted == found.dtype:
        return found
    if found.term.op == "host":
        whole, own, dtype = found.term.args
        back = own in DTYPES and dtype in DTYPES and keeps_values(str(own), str(dtype))
        if back and keeps_values(str(own), wanted):
            return HostArray(term("host", whole, own, wanted), wanted, found.shape)
    if found.dtype is None or not keeps_values(found.dtype, wanted):
        return None
    return HostArray(term("host-cast", found.term, wanted), wanted, found.shape)


# -- as NumPy sees other values -----------------------------------------------------------------------------
def seen(machine: Interpreter, value: Value, wanted: str | None = None) -> HostArray | None:
    """``np.asarray(value)`` of a number or an array; None for sequences, and what is not modelled."""
    match value:
        case Array():
            return of_device(value, wanted) if not machine.traces else None
        case Number(kind, number) if kind in PYTHON:
            return _of_number(kind, number, wanted)
        case HostScalar(number, dtype):
            return converted(HostArray(number, dtype, ()), wanted)
        case Reference(place):
            found = machine.heap.read(place)
            return converted(replace(found, writable=True), wanted) if isinstance(found, HostArray) else None
    return None


def _of_number(kind: str, number: Term, wanted: str | None) -> HostArray | None:
    if number.op == "item" and kind != "int":
        whole, own = number.args
        assert isinstance(whole, Term)
        return of_device(Array(whole, DType(str(own)) if own is not None else None, ()), wanted or PYTHON[kind])
    if number.op == "item":
        whole, own = number.args
        assert isinstance(whole, Term)
        return of_device(Array(whole, DType(str(own)), ()), wanted or "int64") if own in DTYPES else None
    return converted(HostArray(term("host-number", kind, number), PYTHON[kind], ()), wanted)


# -- rows ---------------------------------------------------------------------------------------------------
def stacked(row: HostArray, level: int, count: Term, axis: int) -> HostArray | None:
    """The rows of all iterations of a loop as one array."""
    shape = None
    if row.shape is not None:
        rank = len(row.shape) + 1
        if not -rank <= axis < rank:
            return None
        axis %= rank
        shape = (*row.shape[:axis], count, *row.shape[axis:])
    elif axis < 0:
        return None
    return HostArray(_together(row.term, level, count, axis), row.dtype, shape)


def _together(row: Term, level: int, count: Term, axis: int) -> Term:
    if row.op == "host":
        whole, own, dtype = row.args
        assert isinstance(whole, Term)
        return term("host", term("stack", level, count, axis, whole), own, dtype)
    if row.op == "host-cast":
        inner, dtype = row.args
        assert isinstance(inner, Term)
        return term("host-cast", _together(inner, level, count, axis), dtype)
    return term("stack", level, count, axis, row)


def item(machine: Interpreter, place: int, found: HostArray, index: Value) -> Value | None:
    """``found[index]``: a scalar, or a view of the same memory."""
    array = Array(found.term, None, found.shape)
    entries = indexing.entries(machine, array, index)
    if entries is None or not all(one[0] in {"at", "int", "slice"} for one in entries):
        return None
    return _part(machine, place, found, entries)


def rows(machine: Interpreter, place: int, found: HostArray, here: Term) -> Lanes | None:
    """What iterating over ``found`` gives."""
    value = _part(machine, place, found, (("at", here),)) if found.shape else None
    return Lanes(here, extent(Array(found.term, None, found.shape), 0), value) if value is not None else None


def _part(machine: Interpreter, place: int, found: HostArray, entries: tuple[Entry, ...]) -> Value | None:
    shape = indexing.indexed(Array(found.term, None, found.shape), entries).shape
    if shape is None or found.dtype is None:
        return None
    part = _selected(found.term, entries)
    if shape == ():
        return HostScalar(part, found.dtype)
    view = machine.heap.new(HostArray(part, found.dtype, shape, found.writable))
    machine.heap.escape_place(place)
    machine.heap.escape_place(view.place)
    return view


def _selected(whole: Term, entries: tuple[Entry, ...]) -> Term:
    match whole.op, whole.args:
        case "host", (Term() as inner, own, dtype):
            return term("host", _selected(inner, entries), own, dtype)
        case "host-arange", (Term() as start, int(step)) if len(entries) == 1 and entries[0][0] == "at":
            number: Term = entries[0][1]  # type: ignore[assignment]
            return term("host-number", "int", integers.add(start, integers.scale(number, step)))
    return indexing.indexed(Array(whole), entries).term


# -- storing ------------------------------------------------------------------------------------------------
def store(machine: Interpreter, place: int, found: HostArray, index: Value, value: Value) -> bool:
    """``found[index] = value``, in place; False if that is not modelled.

    What is stored must have the shape of what it replaces, and a dtype whose numbers the array can hold.
    """
    array = Array(found.term, None, found.shape)
    entries = indexing.entries(machine, array, index)
    if place in machine.heap.escaped or not found.writable or found.dtype is None or entries is None:
        return False
    if not all(one[0] in {"at", "slice"} for one in entries):
        return False
    wanted = _selected_shape(machine, found, entries)
    row = seen(machine, value, found.dtype)
    if row is None or wanted is None or row.shape != wanted:
        return False
    machine.heap.mutate(place, written(found, entries, row))
    return True


def _selected_shape(machine: Interpreter, found: HostArray, entries: tuple[Entry, ...]) -> tuple[Term, ...] | None:
    if found.shape is None or len(entries) > len(found.shape):
        return None
    shape: list[Term] = []
    for extent_, entry in zip(found.shape, entries, strict=False):
        length = _length(machine, extent_, entry) if entry[0] == "slice" else None
        if entry[0] == "slice" and length is None:
            return None
        shape += [length] if length is not None else []
    return (*shape, *found.shape[len(entries) :])


def _length(machine: Interpreter, extent_: Term, entry: Entry) -> Term | None:
    """The length of a slice whose ends are certainly inside of the axis."""
    _, start, stop, step = entry
    if step is not None:
        return sliced(extent_, entry)
    first: Term = integers.constant(0) if start is None else start[1]  # type: ignore[index]
    last: Term = extent_ if stop is None else stop[1]  # type: ignore[index]
    length = integers.subtract(last, first)
    inside = all(machine.bounds.at_least_zero(one) for one in (first, length, integers.subtract(extent_, last)))
    return length if inside else sliced(extent_, entry)


def written(found: HostArray, entries: tuple[Entry, ...], row: HostArray) -> HostArray:
    """``found`` with ``row`` at ``entries``."""
    normal = tuple(_normal(found, axis, entry) for axis, entry in enumerate(entries))
    if all(entry == FULL for entry in normal):
        return HostArray(row.term, found.dtype, found.shape)
    return HostArray(term("host-set", found.term, normal, row.term), found.dtype, found.shape)


def _normal(found: HostArray, axis: int, entry: Entry) -> Entry:
    """A slice without the ends that it would have anyway."""
    if entry[0] != "slice" or found.shape is None:
        return entry
    _, start, stop, step = entry
    first, last, one = ("int", integers.constant(0)), ("int", found.shape[axis]), ("int", integers.constant(1))
    ends = (None if start == first else start, None if stop == last else stop, None if step == one else step)
    return ("slice", *ends)


def rows_written(old: HostArray, new: HostArray, here: Term, count: Term) -> HostArray | None:
    """The array behind a loop whose iteration ``here`` writes one row (or column) of it; None if it does not."""
    if new.term.op != "host-set" or new.term.args[0] is not old.term or old.shape is None:
        return None
    _, entries, row = new.term.args
    assert isinstance(entries, tuple) and isinstance(row, Term)
    axes = [axis for axis, entry in enumerate(entries) if entry[0] == "at" and here.args[0] in entry[1].lanes]
    if len(axes) != 1 or any(here.args[0] in one.lanes for one in old.shape):
        return None
    axis = axes[0]
    first = integers.subtract(entries[axis][1], here)  # it grows by one from each iteration to the next
    if here.args[0] in first.lanes or any(entry[0] == "slice" and entry != FULL for entry in entries):
        return None
    level: int = here.args[0]
    together = _together(row, level, count, len([one for one in entries[:axis] if one == FULL]))
    span: Entry = ("slice", ("int", first), ("int", integers.add(first, count)), None)
    return written(old, (*entries[:axis], span, *entries[axis + 1 :]), HostArray(together, old.dtype))


def host_binary(machine: Interpreter, name: str, left: Value, right: Value) -> Value | None:
    """Arithmetic of NumPy arrays and numbers."""
    return None


# -- under `vmap` -------------------------------------------------------------------------------------------
_COMPUTING = {
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt"),
    *("add", "subtract", "multiply", "divide", "true_divide", "matmul", "dot", "sum", "mean", "prod", "max", "min"),
    *("maximum", "minimum", "square", "arctan2", "hypot", "norm", "power", "sigmoid", "softmax", "relu", "where"),
}
"""Functions that certainly give an array of JAX."""


def may_be_row(whole: object, given: frozenset[Term]) -> bool:
    """Whether a value may be one of ``given`` as it is: ``vmap`` hands NumPy arrays through, not as arrays of JAX."""
    if isinstance(whole, tuple):
        return any(may_be_row(one, given) for one in whole)
    if not isinstance(whole, Term):
        return False
    if whole in given:
        return True
    return whole.op.rpartition(".")[2] not in _COMPUTING and any(may_be_row(one, given) for one in whole.args)
