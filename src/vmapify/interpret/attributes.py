"""Attributes of values: of modules, arrays, containers, objects and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import (
    Array,
    Bound,
    ClassValue,
    HostScalar,
    Library,
    Outer,
    ProjectModule,
    Reference,
    Super,
    Text,
    Tuple,
)
from vmapify.heap.objects import DictObject, HostArray, Instance, ListObject
from vmapify.interpret import classes, instances, module_names, world
from vmapify.library import constants, members

if TYPE_CHECKING:
    import ast

    from vmapify.domain.value import Value
    from vmapify.heap.objects import HeapObject
    from vmapify.interpret.running import Running


def held(machine: Running, value: Value) -> HeapObject | None:
    """The object that ``value`` refers to."""
    return machine.heap.read(value.place) if isinstance(value, Reference) else None


def attribute(machine: Running, owner: Value, name: str, node: ast.AST) -> Value:
    """``owner.name``."""
    found = _attribute(machine, owner, name, node)
    return found if found is not None else machine.opaque(name, (owner,), node)


def _attribute(machine: Running, owner: Value, name: str, node: ast.AST) -> Value | None:
    if name.startswith("__") and not name.endswith("__"):
        return None  # another name in every class
    match owner:
        case Library(module):
            if name in machine.replaced_in_modules:
                machine.unproven("replaced", name, node)
            dotted = world.canonical(f"{module}.{name}")
            return constants.CONSTANTS.get(dotted) or Library(dotted)
        case ProjectModule(module):
            if name in machine.replaced_in_modules:
                machine.unproven("replaced", name, node)
            return module_names.module_value(machine, module, name)
        case Array():
            if name in machine.replaced:
                machine.unproven("replaced", name, node)
            return members.of_array(owner, name)
        case Bound() | HostScalar() | Tuple() | Text():
            return _method(owner, name)
        case ClassValue():
            return classes.class_attribute(machine, owner, name)
        case Outer():
            return instances.of_outer(machine, owner, name, node)
        case Super():
            return instances.of_super(machine, owner, name, node)
        case Reference(place):
            return _of_object(machine, owner, machine.heap.peek(place), name, node)
    return None


def _method(owner: Value, name: str) -> Value | None:
    """A method of a value that holds no attributes; of a method, only ``x.at[i].set``."""
    if isinstance(owner, Bound):
        is_update = isinstance(owner.receiver, Array) and owner.name == "at[]"
        return Bound(owner.receiver, None, name, owner.detail) if is_update else None
    return Bound(owner, None, name)


def _of_object(machine: Running, owner: Reference, found: HeapObject, name: str, node: ast.AST) -> Value | None:
    match found:
        case ListObject() | DictObject():
            return Bound(owner, None, name)
        case HostArray():
            return members.of_host_array(machine, owner, found, name)
        case Instance():
            machine.heap.read(owner.place)
            return instances.attribute(machine, owner, found, name, node)
    return None


def store(machine: Running, owner: Value, name: str, value: Value, node: ast.AST) -> None:
    """``owner.name = value``."""
    found = machine.heap.peek(owner.place) if isinstance(owner, Reference) else None
    if (
        isinstance(owner, Reference)
        and isinstance(found, Instance)
        and instances.stores_plainly(machine, found.cls, name)
    ):
        changed = Instance(found.cls, {**found.attributes, name: value})
        machine.heap.mutate(owner.place, changed)
    else:
        machine.opaque(f"{name} =", (owner, value), node)
