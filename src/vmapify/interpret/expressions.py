"""Values of expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import NONE, Library, Number, SliceValue, Super, Text, Tuple
from vmapify.heap.objects import DictObject, Lanes, ListObject
from vmapify.interpret import (
    attributes,
    branches,
    comprehensions,
    conditions,
    names,
    operators,
    subscripts,
)
from vmapify.library import constants
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running


def evaluate(machine: Running, node: ast.expr, frame: int) -> Value:
    """The value of ``node``; an expression of a kind that is not in the table is not modelled."""
    found = KINDS.get(type(node))
    if found is None:
        return machine.opaque(type(node).__name__, (), node)
    return found(machine, node, frame)


def _constant(machine: Running, node: ast.Constant, frame: int) -> Value:
    found = constants.value_of(node.value)
    return found if found is not None else machine.opaque("constant", (), node)


def _name(machine: Running, node: ast.Name, frame: int) -> Value:
    return names.lookup(machine, node.id, frame, node)


def _attribute(machine: Running, node: ast.Attribute, frame: int) -> Value:
    return attributes.attribute(machine, machine.value(node.value, frame), node.attr, node)


def _subscript(machine: Running, node: ast.Subscript, frame: int) -> Value:
    owner = machine.value(node.value, frame)
    return subscripts.item(machine, owner, machine.value(node.slice, frame), node)


def _slice(machine: Running, node: ast.Slice, frame: int) -> Value:
    start, stop, step = (
        machine.value(part, frame) if part is not None else NONE for part in (node.lower, node.upper, node.step)
    )
    return SliceValue(start, stop, step)


def _call(machine: Running, node: ast.Call, frame: int) -> Value:
    function = machine.value(node.func, frame)
    if function == Library("builtins.super") and not (node.args or node.keywords):
        return _super(machine, node, frame)
    return machine.call(function, arguments(machine, node, frame), node)


def _super(machine: Running, node: ast.Call, frame: int) -> Value:
    """``super()`` in a method."""
    here = names.frame_at(machine, frame)
    spec = here.scope.node.args if isinstance(here.scope.node, ast.FunctionDef) else None
    first = [*spec.posonlyargs, *spec.args][:1] if spec is not None else []
    if here.owner is None or not first or len(here.scope.bindings[first[0].arg]) > 1:
        return machine.opaque("super", (), node)
    return Super(names.lookup(machine, first[0].arg, frame, node), here.owner)


def arguments(machine: Running, node: ast.Call, frame: int) -> Arguments:
    """The evaluated arguments of a call.

    Raises:
        Unproven: what ``*args`` or ``**kwargs`` hold is not known, in a place where that matters.
    """
    positional: list[Value] = []
    for part in node.args:
        if isinstance(part, ast.Starred):
            positional += _all_items(machine, machine.value(part.value, frame), part)
        else:
            positional.append(machine.value(part, frame))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = machine.value(keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        else:
            keywords |= _all_entries(machine, value, keyword)
    return Arguments(tuple(positional), keywords)


def _all_items(machine: Running, value: Value, node: ast.AST) -> list[Value]:
    found = machine.items(value, node)
    if found is None or any(isinstance(one, Lanes) for one in found):
        machine.unproven("open-arguments", "*", node)
    return list(found)  # type: ignore[arg-type]


def _all_entries(machine: Running, value: Value, node: ast.AST) -> dict[str, Value]:
    found = attributes.held(machine, value)
    if not isinstance(found, DictObject) or not all(isinstance(key, str) for key, _ in found.items):
        machine.unproven("open-arguments", "**", node)
    return {str(key): held for key, held in found.items}


def _tuple(machine: Running, node: ast.Tuple, frame: int) -> Value:
    return Tuple(_elements(machine, node.elts, frame))


def _elements(machine: Running, elements: list[ast.expr], frame: int) -> tuple[Value, ...]:
    found: list[Value] = []
    for part in elements:
        if isinstance(part, ast.Starred):
            found += _all_items(machine, machine.value(part.value, frame), part)
        else:
            found.append(machine.value(part, frame))
    return tuple(found)


def _list(machine: Running, node: ast.List, frame: int) -> Value:
    return machine.heap.new(ListObject(_elements(machine, node.elts, frame)))


def _dict(machine: Running, node: ast.Dict, frame: int) -> Value:
    entries: dict[tuple[type, object], tuple[object, Value]] = {}
    for key, part in zip(node.keys, node.values, strict=True):
        if key is None:
            found = _all_entries(machine, machine.value(part, frame), part)
            entries |= {(str, name): (name, value) for name, value in found.items()}
            continue
        constant_key = subscripts.constant_key(machine.value(key, frame))
        value = machine.value(part, frame)
        if constant_key is None:
            return machine.opaque("dict", (value,), node)
        entries[type(constant_key[0]), constant_key[0]] = (constant_key[0], value)
    return machine.heap.new(DictObject(tuple(entries.values())))


def _lambda(machine: Running, node: ast.Lambda, frame: int) -> Value:
    return machine.function_value(node, frame)


def _formatted(machine: Running, node: ast.JoinedStr, frame: int) -> Value:
    parts: list[object] = []
    for part in node.values:
        value = machine.value(part.value if isinstance(part, ast.FormattedValue) else part, frame)
        spec = machine.value(found, frame) if (found := getattr(part, "format_spec", None)) is not None else None
        if not isinstance(value, Number | Text) or not isinstance(spec, Text | None):
            return machine.opaque("format", (value, *((spec,) if spec is not None else ())), node)
        parts.append((value.term, getattr(part, "conversion", -1), spec.term if spec is not None else None))
    return Text(term("formatted", tuple(parts)))


def _await(machine: Running, node: ast.expr, frame: int) -> Value:
    machine.unproven("control-leaves", type(node).__name__.lower(), node)


def _named(machine: Running, node: ast.NamedExpr, frame: int) -> Value:
    value = machine.value(node.value, frame)
    names.bind(machine, node.target.id, value, frame, node)
    return value


KINDS: dict[type[ast.expr], Callable[[Running, ast.expr, int], Value]] = {
    ast.Constant: _constant,  # type: ignore[dict-item]
    ast.Name: _name,  # type: ignore[dict-item]
    ast.Attribute: _attribute,  # type: ignore[dict-item]
    ast.Subscript: _subscript,  # type: ignore[dict-item]
    ast.Slice: _slice,  # type: ignore[dict-item]
    ast.Call: _call,  # type: ignore[dict-item]
    ast.BinOp: operators.binary,  # type: ignore[dict-item]
    ast.UnaryOp: operators.unary,  # type: ignore[dict-item]
    ast.Compare: operators.compare,  # type: ignore[dict-item]
    ast.BoolOp: conditions.boolean,  # type: ignore[dict-item]
    ast.IfExp: branches.conditional,  # type: ignore[dict-item]
    ast.Tuple: _tuple,  # type: ignore[dict-item]
    ast.List: _list,  # type: ignore[dict-item]
    ast.Dict: _dict,  # type: ignore[dict-item]
    ast.Lambda: _lambda,  # type: ignore[dict-item]
    ast.ListComp: comprehensions.comprehension,  # type: ignore[dict-item]
    ast.DictComp: comprehensions.comprehension,  # type: ignore[dict-item]
    ast.GeneratorExp: comprehensions.comprehension,  # type: ignore[dict-item]
    ast.JoinedStr: _formatted,  # type: ignore[dict-item]
    ast.NamedExpr: _named,  # type: ignore[dict-item]
    ast.Await: _await,
    ast.Yield: _await,
    ast.YieldFrom: _await,
}
"""Expressions that are modelled."""

NOT_MODELLED = {"Set", "SetComp", "Starred", "FormattedValue", "TemplateStr", "Interpolation"}
"""Those that are not, or that stand only inside of others, which take care of them."""
