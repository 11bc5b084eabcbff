"""``owner[index]``, read and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, Bound, Number, Reference, ShapeOf, SliceValue, Text, Tuple
from vmapify.heap.objects import DictObject, HostArray, Lanes, ListObject
from vmapify.library import host_arrays, indexing

if TYPE_CHECKING:
    import ast

    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running


def constant_key(value: Value) -> tuple[object] | None:
    """The constant that a key is, wrapped; None if it is not known."""
    match value:
        case Text(text) if text.op == "text":
            return (text.args[0],)
        case Number("int", number) if integers.known(number) is not None:
            return (integers.known(number),)
    return None


def item(machine: Running, owner: Value, index: Value, node: ast.AST) -> Value:
    """``owner[index]``."""
    found = _item(machine, owner, index, node)
    return found if found is not None else machine.opaque("[]", (owner, index), node)


def _item(machine: Running, owner: Value, index: Value, node: ast.AST) -> Value | None:
    match owner:
        case Array():
            return indexing.read(machine, owner, index)
        case Bound(receiver=Array() as array, name="at"):
            found = indexing.entries(machine, array, index)
            return Bound(array, None, "at[]", (found,)) if found is not None else None
        case Tuple(items):
            return _of_items(items, index, node, machine)
        case ShapeOf(whole):
            axis = integers.known(index.term) if isinstance(index, Number) and index.kind == "int" else None
            if axis is None:
                return None
            machine.needs_rank(whole, axis + 1 if axis >= 0 else -axis, node)
            return Number("int", term("extent", whole, axis))
        case Reference(place):
            return _of_object(machine, place, index, node)
    return None


def _of_items(items: tuple[Value, ...], index: Value, node: ast.AST, machine: Running) -> Value | None:
    if isinstance(index, SliceValue):
        wanted = _slice(index)
        return Tuple(items[wanted]) if wanted is not None else None
    position = integers.known(index.term) if isinstance(index, Number) and index.kind == "int" else None
    if position is None:
        return None
    if not -len(items) <= position < len(items):
        machine.unproven("raises", "IndexError", node)
    return items[position]


def _slice(value: SliceValue) -> slice | None:
    ends = [
        None if one == NONE else integers.known(one.term) if isinstance(one, Number) and one.kind == "int" else "no"
        for one in (value.start, value.stop, value.step)
    ]
    unknown = any(
        e == "no" or (e is None and one != NONE)
        for e, one in zip(ends, (value.start, value.stop, value.step), strict=True)
    )
    return None if unknown else slice(*ends)


def _of_object(machine: Running, place: int, index: Value, node: ast.AST) -> Value | None:
    found = machine.heap.read(place)
    if isinstance(found, DictObject):
        key = constant_key(index)
        if key is None:
            return None
        value = found.get(key[0])
        return value if value is not None else machine.unproven("raises", "KeyError", node)
    if isinstance(found, HostArray):
        return host_arrays.item(machine, place, found, index)
    if isinstance(found, ListObject):
        if any(isinstance(part, Lanes) for part in found.parts):
            return _of_lanes(machine, found.parts, index)
        given = _of_items(found.parts, index, node, machine)  # type: ignore[arg-type]
        return (
            machine.heap.new(ListObject(given.items))
            if isinstance(index, SliceValue) and isinstance(given, Tuple)
            else given
        )
    return None


def _of_lanes(machine: Running, parts: tuple[object, ...], index: Value) -> Value | None:
    """The item of a list that a loop has filled, at a place that is certainly inside."""
    if len(parts) != 1 or not isinstance(parts[0], Lanes) or not isinstance(index, Number) or index.kind != "int":
        return None
    lanes = parts[0]
    if not (machine.bounds.at_least_zero(index.term) and machine.bounds.is_below(index.term, lanes.count)):
        return None
    return machine.at_lane(lanes, index.term)


def store(machine: Running, owner: Value, index: Value, value: Value, node: ast.AST) -> None:
    """``owner[index] = value``."""
    if not (isinstance(owner, Reference) and _stored(machine, owner.place, index, value)):
        machine.opaque("[] =", (owner, index, value), node)


def _stored(machine: Running, place: int, index: Value, value: Value) -> bool:
    found = machine.heap.peek(place)
    match found:
        case DictObject(items):
            key = constant_key(index)
            if key is None:
                return False
            kept = {(type(one), one): (one, held) for one, held in items}
            kept[type(key[0]), key[0]] = (key[0], value)
            machine.heap.mutate(place, DictObject(tuple(kept.values())))
            return True
        case ListObject(parts):
            position = integers.known(index.term) if isinstance(index, Number) and index.kind == "int" else None
            if (
                position is None
                or any(isinstance(one, Lanes) for one in parts)
                or not -len(parts) <= position < len(parts)
            ):
                return False
            changed = list(parts)
            changed[position] = value
            machine.heap.mutate(place, ListObject(tuple(changed)))
            return True
    return isinstance(found, HostArray) and host_arrays.store(machine, place, found, index, value)
