"""Functions of NumPy that make arrays: of known things, and of what loops over arrays of JAX have collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.integers import constant, subtract
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, HostScalar, Number, Reference, Tuple
from vmapify.heap.objects import HostArray, Lanes, ListObject
from vmapify.library import host_arrays
from vmapify.library.constants import constants_of
from vmapify.library.host_dtypes import DTYPES, dtype_named
from vmapify.library.operands import extents, integer

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def _given(args: Arguments, *names: str) -> dict[str, Value] | None:
    """The arguments by name; None if there are others, those that are None left out."""
    found = dict(zip(names, args.positional, strict=False)) | dict(args.keywords)
    if len(args.positional) > len(names) or set(found) - set(names) or len(found) < len(args.every):
        return None
    return {name: value for name, value in found.items() if value != NONE}


def _dtype(given: dict[str, Value], default: str | None) -> tuple[str | None] | None:
    """The dtype that is asked for, wrapped; None if it is not known."""
    if "dtype" not in given:
        return (default,)
    named = dtype_named(given["dtype"])
    return (named,) if named is not None else None


# -- of a shape ---------------------------------------------------------------------------------------------
def _full(name: str, fill: float | None) -> Handler:
    """``np.zeros(shape, dtype)``; what ``np.empty`` holds is another thing each time."""

    def make(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        given = _given(args, "shape", "dtype")
        shape = extents(machine, given.get("shape")) if given is not None else None
        asked = _dtype(given or {}, "float64")
        if shape is None or asked is None:
            return None
        dtype = asked[0] or ""
        if not machine.level:
            machine.heap.extents |= frozenset(shape)
        what = (name, machine.heap.next_place) if fill is None else (name,)
        return machine.heap.new(HostArray(term("host-full", what, shape, dtype), dtype, shape))

    return make


def _filled(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``np.full(shape, number, dtype)``."""
    given = _given(args, "shape", "fill_value", "dtype")
    shape = extents(machine, given.get("shape")) if given is not None else None
    number = constants_of((given["fill_value"],)) if given is not None and "fill_value" in given else None
    if given is None or shape is None or number is None or not isinstance(number[0], bool | int | float):
        return None
    asked = _dtype(given, {bool: "bool", int: "int64", float: "float64"}[type(number[0])])
    if asked is None:
        return None
    dtype = asked[0]
    what = ("full", type(number[0]).__name__, float(number[0]).hex())
    return machine.heap.new(HostArray(term("host-full", what, shape, dtype), dtype, shape))


def _arange(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``np.arange`` of integers, step 1."""
    numbers = [one.term for one in args.positional if isinstance(one, Number) and one.kind == "int"]
    if args.keywords or len(numbers) != len(args.positional) or not 1 <= len(numbers) <= 2:
        return None
    start, stop = (constant(0), numbers[0]) if len(numbers) == 1 else numbers
    length = subtract(stop, start)
    if start.lanes or stop.lanes or not machine.bounds.at_least_zero(length):
        return None
    return machine.heap.new(HostArray(term("host-arange", start, 1), "int64", (length,)))


def _linspace(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = _given(args, "start", "stop", "num")
    if given is None or not {"start", "stop"} <= set(given):
        return None
    ends = [given["start"], given["stop"]]
    number = given.get("num", Number("int", constant(50)))
    if not all(isinstance(one, Number) and not one.term.lanes for one in ends):
        return None
    if not isinstance(number, Number) or number.kind != "int" or number.term.lanes:
        return None
    parts = tuple((one.kind, one.term) for one in ends if isinstance(one, Number))
    return machine.heap.new(HostArray(term("host-linspace", parts, number.term), "float64", (number.term,)))


# -- of values ----------------------------------------------------------------------------------------------
def _array(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = _given(args, "object", "dtype")
    asked = _dtype(given or {}, None)
    if given is None or "object" not in given or asked is None:
        return None
    made = _of(machine, given["object"], asked[0])
    return machine.heap.new(made) if made is not None else None


def _asarray(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """As ``np.array``, but what is an array already is given as it is, or shown."""
    given = _given(args, "a", "dtype")
    asked = _dtype(given or {}, None)
    if given is None or "a" not in given or asked is None:
        return None
    value, dtype = given["a"], asked[0]
    held = machine.heap.peek(value.place) if isinstance(value, Reference) and value.place in machine.heap else None
    if isinstance(held, HostArray) and (not dtype or dtype == held.dtype):
        return value if held.dtype is not None else None
    made = _of(machine, value, dtype)
    if made is None:
        return None
    if isinstance(value, Array):
        own = value.dtype.name if value.dtype is not None else None
        if dtype and own in {None, "any", "floating"}:
            return None  # whether it is a copy depends on the dtype
        made = HostArray(made.term, made.dtype, made.shape, writable=bool(dtype) and dtype != own)
    return machine.heap.new(made)


def _of(machine: Interpreter, value: Value, dtype: str | None) -> HostArray | None:
    """``np.array(value, dtype)``."""
    found = _sequence(machine, value)
    return _together(machine, found, dtype, 0) if found is not None else host_arrays.seen(machine, value, dtype)


def _sequence(machine: Interpreter, value: Value) -> tuple[Value | Lanes, ...] | None:
    if isinstance(value, Tuple):
        return value.items
    found = machine.heap.read(value.place) if isinstance(value, Reference) and value.place in machine.heap else None
    return found.parts if isinstance(found, ListObject) else None


def _has_host_dtype(row: Value) -> bool:
    """Whether NumPy takes a list of such rows: not of single numbers of a dtype that it does not have itself."""
    if not isinstance(row, Array) or row.shape:
        return True
    return row.dtype is not None and row.dtype.name in DTYPES and row.dtype.name != "bfloat16"


def _together(machine: Interpreter, parts: tuple[Value | Lanes, ...], dtype: str | None, axis: int) -> HostArray | None:
    """The rows that a loop has collected, or numbers, as one array."""
    if len(parts) == 1 and isinstance(parts[0], Lanes):
        if not _has_host_dtype(parts[0].value):
            return None
        row = host_arrays.seen(machine, parts[0].value, dtype)
        level: int = parts[0].lane.args[0]
        return host_arrays.stacked(row, level, parts[0].count, axis) if row is not None else None
    items = tuple(one for one in parts if not isinstance(one, Lanes))
    rows = [host_arrays.seen(machine, one, dtype) for one in items if isinstance(one, Number | Array)]
    known_rows = [one for one in rows if one is not None]
    if axis or not items or len(known_rows) != len(parts) or len({(one.dtype, one.shape) for one in known_rows}) != 1:
        return None
    first = known_rows[0]
    if first.dtype is None or first.shape is None:
        return None
    whole = term("host-items", tuple(one.term for one in known_rows))
    return HostArray(whole, first.dtype, (constant(len(known_rows)), *first.shape))


def _stack(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = _given(args, "arrays", "axis")
    axis = integer(given["axis"]) if given is not None and "axis" in given else 0
    found = _sequence(machine, given["arrays"]) if given is not None and "arrays" in given else None
    if found is None or axis is None or not (len(found) == 1 and isinstance(found[0], Lanes)):
        return None
    made = _together(machine, found, None, axis)
    return machine.heap.new(made) if made is not None else None


def _scalar(name: str) -> Handler:
    """``np.float32(x)``."""

    def make(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        if args.keywords or len(args.positional) != 1:
            return None
        value = args.positional[0]
        found = host_arrays.seen(machine, value, name)
        if found is None and isinstance(value, Number) and not value.term.lanes:  # whatever it is rounded to
            return HostScalar(term("host-cast", term("host-number", value.kind, value.term), name), name)
        return HostScalar(found.term, name) if found is not None and found.shape == () else None

    return make


_SCALARS = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

HANDLERS: dict[str, Handler] = {
    "numpy.zeros": _full("zeros", 0.0),
    "numpy.ones": _full("ones", 1.0),
    "numpy.empty": _full("empty", None),
    "numpy.full": _filled,
    "numpy.arange": _arange,
    "numpy.linspace": _linspace,
    "numpy.array": _array,
    "numpy.asarray": _asarray,
    "numpy.stack": _stack,
    **{f"numpy.{name}": _scalar(name) for name in _SCALARS},
}


# -- methods ------------------------------------------------------------------------------------------------
def method(machine: Interpreter, receiver: Reference, found: HostArray, name: str, args: Arguments) -> Value | None:
    """``a.copy()``, ``a.astype(dtype)``: a new array."""
    if name == "copy" and not args.every:
        made: HostArray | None = HostArray(found.term, found.dtype, found.shape)
    elif name == "astype" and len(args.positional) == 1 and not args.keywords and found.dtype is not None:
        dtype = dtype_named(args.positional[0])
        made = host_arrays.converted(found, dtype) if dtype is not None else None
        made = HostArray(made.term, made.dtype, made.shape) if made is not None else None
    else:
        return None
    machine.heap.read(receiver.place)
    return machine.heap.new(made) if made is not None else None
