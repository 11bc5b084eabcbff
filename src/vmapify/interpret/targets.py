"""Assignment targets."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import Number, ShapeOf, Unknown, Value
from vmapify.heap.objects import Lanes, ListObject
from vmapify.interpret import attributes, names, subscripts

if TYPE_CHECKING:
    from vmapify.interpret.running import Running


def assign(machine: Running, target: ast.expr, value: Value, frame: int) -> None:
    """Store ``value`` into ``target``."""
    match target:
        case ast.Name(id=name):
            names.bind(machine, name, value, frame, target)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            _unpack(machine, elements, value, frame, target)
        case ast.Attribute(value=owner, attr=name):
            attributes.store(machine, machine.value(owner, frame), name, value, target)
        case ast.Subscript(value=owner, slice=index):
            held = machine.value(owner, frame)
            subscripts.store(machine, held, machine.value(index, frame), value, target)
        case _:
            machine.unproven("unmodelled", type(target).__name__, target)


def _unpack(machine: Running, elements: list[ast.expr], value: Value, frame: int, node: ast.AST) -> None:
    for part, item in zip(elements, _items(machine, elements, value, node), strict=True):
        assign(machine, part.value if isinstance(part, ast.Starred) else part, item, frame)


def _items(machine: Running, elements: list[ast.expr], value: Value, node: ast.AST) -> list[Value]:
    starred = [k for k, part in enumerate(elements) if isinstance(part, ast.Starred)]
    if isinstance(value, ShapeOf) and not starred:
        machine.needs_rank(value.term, len(elements), node)
        return [Number("int", term("extent", value.term, axis)) for axis in range(len(elements))]
    found = _known(machine, value, len(elements), node)
    if found is None:
        made = machine.opaque("unpack", (value,), node)
        return [Unknown(term("part", made.term, k)) for k in range(len(elements))]
    if not starred:
        if len(found) != len(elements):
            machine.unproven("raises", "ValueError", node)
        return found
    behind = len(elements) - starred[0] - 1
    middle = found[starred[0] : len(found) - behind]
    return [*found[: starred[0]], machine.heap.new(ListObject(tuple(middle))), *found[len(found) - behind :]]


def _known(machine: Running, value: Value, wanted: int, node: ast.AST) -> list[Value] | None:
    found = machine.items(value, node)
    if found is None:
        return None
    if len(found) == 1 and isinstance(found[0], Lanes):
        # unpacking raises unless there are as many as names, in both versions
        return machine.first_of(found[0], wanted)
    return None if any(isinstance(one, Lanes) for one in found) else list(found)  # type: ignore[arg-type]
