"""Arguments of functions of JAX: values as arrays, and as plain Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.dtypes import DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import (
    Array,
    DTypeOf,
    HostScalar,
    Library,
    Number,
    Range,
    Reference,
    Singleton,
    SliceValue,
    Text,
    Tuple,
)
from vmapify.heap.objects import DictObject, HostArray, ListObject
from vmapify.library import conversions
from vmapify.library.host_dtypes import to_device

if TYPE_CHECKING:
    from collections.abc import Hashable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter

Operand = tuple[Term, DType | None]
"""What an operation computes with: a value and the type that it has there."""


def as_array(machine: Interpreter, value: Value) -> Array | None:
    """``value`` as JAX takes it for an array; None if it is none for certain, or not known to be one."""
    match value:
        case Array():
            return value
        case Number(kind, number):
            if kind == "bool":
                held = conversions.held_by(number, kind, DType("bool"))
                return Array(held or term("asarray", number, "bool"), DType("bool"), ())
            if kind == "real":  # what is annotated as a float may be an integer, or a scalar of NumPy
                return Array(term("asarray", number, kind), None, ())
            dtype = machine.widths.of(kind, weak=True)
            if kind == "int" and not _fits(machine, number):
                return None  # beyond 32 bits it is an error, or another number
            held = conversions.held_by(number, kind, dtype)
            if held is not None:
                return Array(held, dtype, ())
            return Array(term("asarray", number, dtype.name), dtype, ())
        case HostScalar(number, name) if name is not None:
            return to_device(HostArray(number, name, ()), machine.widths.canonical(name))
        case Reference(place):
            return _held(machine, place)
    return None


def _fits(machine: Interpreter, number: Term) -> bool:
    """Whether an integer is one of 32 bits; a number that is the same in all iterations is the same in both versions."""
    if not number.lanes:
        return True
    largest = machine.bounds.largest(number)
    return largest is None or largest < 2**31


def _held(machine: Interpreter, place: int) -> Array | None:
    """A NumPy array that is used by JAX is copied there."""
    found = machine.heap.read(place)
    if isinstance(found, HostArray) and found.dtype is not None:
        machine.heap.escape_place(place)  # JAX may share its memory
        return to_device(found, machine.widths.canonical(found.dtype))
    return None


def operand(array: Array) -> Operand:
    """``array`` as an argument of a term."""
    return (array.term, array.dtype)


def plain(machine: Interpreter, value: Value) -> Hashable | None:
    """``value`` as a constant of a term, if it is a plain Python value that is the same in every iteration; else None."""
    match value:
        case Number(kind, number) if not number.lanes:
            return (kind, number)
        case Text(text) if not text.lanes:
            return ("text", text)
        case Singleton(name):
            return ("singleton", name)
        case Library(name):
            return ("library", name)
        case DTypeOf(whole, name):
            return ("text", term("text", name)) if name is not None else ("dtype", whole)
        case Range(start, stop, step) if not (start.lanes or stop.lanes):
            return ("range", start, stop, step)
        case Tuple(items):
            return _plain_items(machine, "tuple", items)
        case SliceValue(start, stop, step):
            return _plain_items(machine, "slice", (start, stop, step))
        case HostScalar(number, dtype) if not number.lanes:
            return ("scalar", number, dtype)
        case Reference(place):
            return _plain_object(machine, place)
    return None


def _plain_items(machine: Interpreter, kind: str, items: tuple[object, ...]) -> Hashable | None:
    found = tuple(plain(machine, one) for one in items)  # type: ignore[arg-type]
    return None if None in found else (kind, *found)


def _plain_object(machine: Interpreter, place: int) -> Hashable | None:
    match machine.heap.read(place):
        case ListObject(parts):
            return _plain_items(machine, "list", parts)
        case DictObject(items):
            found = _plain_items(machine, "dict", tuple(value for _, value in items))
            return found and (found, tuple(key for key, _ in items))
        case HostArray(contents, dtype, shape, _) if not contents.lanes:
            return ("host", contents, dtype, shape)
    return None


def integer(value: Value | None) -> int | None:
    """The integer that ``value`` is known to be."""
    return integers.known(value.term) if isinstance(value, Number) and value.kind == "int" else None


def extents(machine: Interpreter, value: Value | None) -> tuple[Term, ...] | None:
    """``value`` as a shape: an integer, or a sequence of such."""
    if isinstance(value, Number) and value.kind == "int":
        return (value.term,)
    items: tuple[object, ...] | None = value.items if isinstance(value, Tuple) else None
    if isinstance(value, Reference):
        found = machine.heap.read(value.place)
        items = found.parts if isinstance(found, ListObject) else None
    if items is None or not all(isinstance(one, Number) and one.kind == "int" for one in items):
        return None
    return tuple(one.term for one in items)  # type: ignore[attr-defined]


def as_term(part: object) -> Hashable:
    """A part of the arguments as a part of a term."""
    match part:
        case Array():
            return operand(part)
        case tuple() if part and all(isinstance(one, Array) for one in part):
            return ("arrays", *(operand(one) for one in part))
    return part


def operation_term(name: str, parts: dict[str, object]) -> Term:
    """The term of ``name`` with these arguments."""
    return term(name, *((key, as_term(part)) for key, part in sorted(parts.items())))


def common_term(name: str, parts: dict[str, object], dtype: DType) -> Term:
    """The term of an operation that first brings its operands to ``dtype``: how weak they were makes no difference."""
    return term(name, dtype.name, *((key, _brought(part, dtype)) for key, part in sorted(parts.items())))


def _brought(part: object, dtype: DType) -> Hashable:
    if isinstance(part, Array):
        # a Python number and an array that holds it are the same once they have the same type
        return term("asarray", part.term.args[0], dtype.name) if part.term.op == "asarray" else part.term
    if isinstance(part, tuple) and part and all(isinstance(one, Array) for one in part):
        return tuple(_brought(one, dtype) for one in part)
    return as_term(part)
