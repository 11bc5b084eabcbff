"""Calling what functions of functions give: `jit`, `vmap`, `partial`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import NONE, Applied, Array, Number, Reference, Tuple, Value
from vmapify.heap.objects import DictObject, Instance, ListObject
from vmapify.interpret import classes
from vmapify.library import indexing
from vmapify.library.collected import stack
from vmapify.library.operands import as_array, integer
from vmapify.library.protocol import Arguments
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.interpret.running import Running

PASSING = {"jax.checkpoint", "jax.named_call", "jax.custom_jvp", "jax.custom_vjp"}


def call(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """Call a transformed function; None if the transformation is not modelled."""
    match function.transform:
        case "functools.partial":
            keywords = {**dict(function.keywords), **args.keywords}
            return machine.call(function.inner, Arguments((*function.args, *args.positional), keywords), node)
        case "builtins.staticmethod":
            return machine.call(function.inner, args, node)
        case "jax.jit":
            return _jit(machine, function, args, node)
        case "jax.vmap":
            return _vmap(machine, function, args, node)
    return None


def pure(machine: Running, function: Value, args: Arguments, node: ast.AST) -> Value | None:
    """Call a function that JAX traces: it must not do anything but compute, since it runs once or not at all.

    None if it changes an object that was there before, or does what is not modelled.
    """
    before, log = machine.heap.copy(), machine.log
    machine.traces += 1
    try:
        made = machine.call(function, args, node)
    finally:
        machine.traces -= 1
    if machine.log != log:
        return None
    changed = any(machine.heap.peek(place) != before.peek(place) for place in before.places())
    return None if changed else made


def _jit(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    if set(dict(function.keywords)) - {"inline", "static_argnums", "static_argnames"}:
        return None
    static = _static(machine, function)
    if static is None:
        return None
    positional = tuple(one if k in static else traced(machine, one) for k, one in enumerate(args.positional))
    keywords = {key: one if key in static else traced(machine, one) for key, one in args.keywords.items()}
    return pure(machine, function.inner, Arguments(positional, keywords), node)


def _static(machine: Running, function: Applied) -> set[object] | None:
    """The positions and names of static arguments."""
    found: set[object] = set()
    for _, value in function.keywords:
        items = value.items if isinstance(value, Tuple) else (value,)
        for one in items:
            number = integer(one)
            if number is not None:
                found.add(number)
            elif hasattr(one, "term") and one.term.op == "text":
                found.add(one.term.args[0])
            else:
                return None
    return found


def traced(machine: Running, value: Value) -> Value:
    """An argument as the body of a jitted function sees it: numbers are arrays there."""
    match value:
        case Number():
            return as_array(machine, value) or value
        case Tuple(items):
            return Tuple(tuple(traced(machine, one) for one in items))
    return value


# -- vmap ---------------------------------------------------------------------------------------------------
def _vmap(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    given = dict(zip(("in_axes", "out_axes"), function.args, strict=False)) | dict(function.keywords)
    if set(given) - {"in_axes", "out_axes"}:
        return None
    axes = _axes(given.get("in_axes"), len(args.positional))
    out = integer(given["out_axes"]) if "out_axes" in given else 0
    if axes is None or out is None or args.keywords:
        return None
    counts = {count for one, axis in zip(args.positional, axes, strict=True) for count in lengths(machine, one, axis)}
    if len(counts) != 1:
        return None
    count = counts.pop()
    with machine.lanes(count) as here:
        rows = [row_of(machine, one, axis, here) for one, axis in zip(args.positional, axes, strict=True)]
        if None in rows:
            return None
        made = pure(machine, function.inner, Arguments(tuple(rows)), node)  # type: ignore[arg-type]
        return stacked(machine, made, here, count, out) if made is not None else None


def _axes(value: Value | None, wanted: int) -> list[int | None] | None:
    if value is None:
        return [0] * wanted
    if value == NONE or integer(value) is not None:
        return [integer(value)] * wanted
    if not isinstance(value, Tuple) or len(value.items) != wanted:
        return None
    found = [integer(one) for one in value.items]
    return None if any(axis is None and one != NONE for axis, one in zip(found, value.items, strict=True)) else found


def leaves(machine: Running, value: Value) -> list[Value]:
    """What JAX sees as the leaves of ``value``."""
    match value:
        case Tuple(items):
            return [leaf for one in items for leaf in leaves(machine, one)]
        case Reference(place):
            found = machine.heap.read(place)
            if isinstance(found, ListObject):
                return [leaf for one in found.parts for leaf in leaves(machine, one)]  # type: ignore[arg-type]
            if isinstance(found, DictObject):
                return [
                    leaf
                    for _, one in sorted(found.items, key=lambda pair: str(pair[0]))
                    for leaf in leaves(machine, one)
                ]
            if isinstance(found, Instance) and classes.is_named_tuple(machine, found.cls):
                return [leaf for one in found.attributes.values() for leaf in leaves(machine, one)]
    return [] if value == NONE else [value]


def lengths(machine: Running, value: Value, axis: int | None) -> list[Term]:
    """The lengths of the leaves of ``value`` along its mapped axis."""
    if axis is None:
        return []
    found = [as_array(machine, leaf) for leaf in leaves(machine, value)]
    return [extent(one, axis) if one is not None else term("no-array") for one in found]


def mapped(machine: Running, value: Value, change: Callable[[Value], Value | None]) -> Value | None:
    """``value`` with ``change`` for every leaf; None if one gives None, or the structure is none that JAX knows."""
    match value:
        case Tuple(items):
            found = tuple(mapped(machine, one, change) for one in items)
            return None if None in found else Tuple(found)  # type: ignore[arg-type]
        case Reference(place):
            held = machine.heap.read(place)
            if isinstance(held, ListObject):
                parts = tuple(mapped(machine, one, change) for one in held.parts)  # type: ignore[arg-type]
                return None if None in parts else machine.heap.new(ListObject(parts))  # type: ignore[arg-type]
            if isinstance(held, DictObject):
                entries = tuple((key, mapped(machine, one, change)) for key, one in held.items)
                return None if any(one is None for _, one in entries) else machine.heap.new(DictObject(entries))  # type: ignore[arg-type]
            if isinstance(held, Instance):
                return _mapped_instance(machine, held, change)
    return value if value == NONE else change(value)


def _mapped_instance(machine: Running, held: Instance, change: Callable[[Value], Value | None]) -> Value | None:
    if not classes.is_named_tuple(machine, held.cls):
        return None
    found = {key: mapped(machine, one, change) for key, one in held.attributes.items()}
    return None if None in found.values() else machine.heap.new(Instance(held.cls, found))  # type: ignore[arg-type]


def row_of(machine: Running, value: Value, axis: int | None, here: Term) -> Value | None:
    """What a function under ``vmap`` sees of an argument."""
    if axis is None:
        return value

    def row(leaf: Value) -> Value | None:
        array = as_array(machine, leaf)
        if array is None or array.shape == ():
            return None
        if axis < 0 and array.shape is None:
            return None
        return indexing.row(array, here, axis if axis >= 0 else axis + len(array.shape or ()))

    return mapped(machine, value, row)


def stacked(machine: Running, value: Value, here: Term, count: Term, axis: int) -> Value | None:
    """What ``vmap`` gives for what its function gave in one lane."""

    def whole(leaf: Value) -> Value | None:
        array = as_array(machine, leaf) if isinstance(leaf, Array) else None
        return stack(array, here, count, axis) if array is not None else None

    return mapped(machine, value, whole)
