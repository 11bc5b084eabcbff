"""Pytrees: the leaves and the structure of a value, as JAX sees them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.domain.value import NONE, Reference, ShapeOf, Tuple, Unknown
from vmapify.heap.objects import DictObject, HostArray, Instance, Lanes, ListObject
from vmapify.interpret import classes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmapify.domain.value import ClassValue, Value
    from vmapify.interpret.running import Running


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure of a pytree. ``kind``: ``leaf``, ``none``, ``tuple``, ``list``, ``dict`` or ``named``.

    ``keys`` are those of a dict, in the order in which JAX takes them, or the fields of a named tuple.
    """

    kind: str
    children: tuple[Structure, ...] = ()
    keys: tuple[object, ...] = ()
    cls: ClassValue | None = None

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return 1 if self.kind == "leaf" else sum(one.size for one in self.children)


LEAF = Structure("leaf")


@dataclass(frozen=True, slots=True)
class Tree:
    """A value taken apart."""

    structure: Structure
    leaves: tuple[Value, ...]


def taken_apart(machine: Running, value: Value) -> Tree | None:
    """``value`` as a pytree; None if that cannot be told."""
    match value:
        case Tuple(items):
            return _node(machine, "tuple", items)
        case Reference(place):
            return _object(machine, value, place)
        case Unknown() | ShapeOf():
            return None
    return Tree(Structure("none"), ()) if value == NONE else Tree(LEAF, (value,))


def _node(
    machine: Running,
    kind: str,
    items: tuple[Value, ...],
    keys: tuple[object, ...] = (),
    cls: ClassValue | None = None,
) -> Tree | None:
    found = [taken_apart(machine, one) for one in items]
    known = [one for one in found if one is not None]
    if len(known) != len(found):
        return None
    structure = Structure(kind, tuple(one.structure for one in known), keys, cls)
    return Tree(structure, tuple(leaf for one in known for leaf in one.leaves))


def _object(machine: Running, value: Reference, place: int) -> Tree | None:
    match machine.heap.read(place):
        case ListObject(parts) as found if _is_plain(found):
            items = tuple(one for one in parts if not isinstance(one, Lanes))
            return _node(machine, "list", items) if len(items) == len(parts) else None
        case DictObject(items) as found if _is_plain(found):
            keys = [key for key, _ in items]
            if not all(type(key) is type(keys[0]) and isinstance(key, str | int) for key in keys):
                return None
            entries = sorted(items, key=lambda pair: pair[0])  # type: ignore[arg-type,return-value]
            return _node(machine, "dict", tuple(v for _, v in entries), tuple(key for key, _ in entries))
        case Instance(cls, attributes) if classes.is_named_tuple(machine, cls) and not _registers(cls):
            return _node(machine, "named", tuple(attributes.values()), tuple(attributes), cls)
        case HostArray():
            return Tree(LEAF, (value,))
    return None


def _is_plain(found: ListObject | DictObject) -> bool:
    """Whether it is a list or a dict, and no other kind of container."""
    return getattr(found, "kind", "") in {"", "list", "dict"}


def _registers(cls: ClassValue) -> bool:
    """Whether the file of a class says itself how JAX takes classes apart."""
    module = cls.module
    named = [one.id for one in module.of(ast.Name)] + [one.attr for one in module.of(ast.Attribute)]
    return any(name.startswith("register_") for name in named)


def put_together(machine: Running, structure: Structure, leaves: Iterator[Value]) -> Value:
    """A new value of this structure, which takes its leaves from ``leaves``."""
    if structure.kind == "leaf":
        return next(leaves)
    if structure.kind == "none":
        return NONE
    items = tuple(put_together(machine, one, leaves) for one in structure.children)
    match structure.kind:
        case "tuple":
            return Tuple(items)
        case "list":
            return machine.heap.new(ListObject(items))
        case "dict":
            return machine.heap.new(DictObject(tuple(zip(structure.keys, items, strict=True))))
    assert structure.cls is not None
    return machine.heap.new(Instance(structure.cls, dict(zip(structure.keys, items, strict=True))))  # type: ignore[arg-type]


def mapped(machine: Running, value: Value, change: Callable[[Value], Value | None]) -> Value | None:
    """``value`` with ``change`` for every leaf; None if one gives None, or the structure is not known."""
    tree = taken_apart(machine, value)
    if tree is None:
        return None
    found = [change(leaf) for leaf in tree.leaves]
    known = [one for one in found if one is not None]
    return put_together(machine, tree.structure, iter(known)) if len(known) == len(found) else None
