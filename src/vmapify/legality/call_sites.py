"""Parameters without an annotation: what the calls of the function in the same file pass for them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Machine
    from vmapify.loop import LoopModel

CONTAINERS = {Kind.LIST, Kind.TUPLE, Kind.DICT, Kind.SET, Kind.ITERATOR, Kind.STRING, Kind.RANGE}
MOST_CALLS = 4  # evaluating the surroundings of a call takes as long as those of a loop


@dataclass(frozen=True, slots=True)
class Passed:
    """What kind of value a call passes, and the line of that call."""

    kind: Kind
    line: int


def passed(machine: Machine, model: LoopModel, parameter: ast.expr) -> Passed | None:
    """What calls of the function around the loop pass for ``parameter``: no array first, None if nothing is known."""
    function = model.module.function_of(model.anchor)
    name = parameter.id if isinstance(parameter, ast.Name) else ""
    position = _position(function, name) if isinstance(function, ast.FunctionDef) else None
    if position is None:
        return None
    assert isinstance(function, ast.FunctionDef)
    key = (function, f"passed {name}")
    if key not in machine.tables:
        machine.tables[key] = None  # while it is looked at: a function may call itself
        given = [
            Passed(_kind(machine, part), part.lineno)
            for call in list(_calls(function, model))[:MOST_CALLS]
            for part in _argument(call, name, position - _is_bound(function, model))
        ]
        others = [one for one in given if one.kind in CONTAINERS]
        arrays = [one for one in given if one.kind is Kind.ARRAY]
        only = all(one.kind in {Kind.ARRAY, Kind.UNKNOWN} for one in given)
        machine.tables[key] = next(iter([*others, *(arrays if only else [])]), None)
    return machine.tables[key]  # type: ignore[return-value]


def _position(function: ast.FunctionDef, name: str) -> int | None:
    every = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    return every.index(name) if name in every else None


def _is_method(function: ast.FunctionDef, model: LoopModel) -> bool:
    return isinstance(model.module.parents.get(function), ast.ClassDef)


def _is_bound(function: ast.FunctionDef, model: LoopModel) -> bool:
    """Whether a call passes the first parameter by what stands before the dot."""
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in function.decorator_list)
    return _is_method(function, model) and not static


def _calls(function: ast.FunctionDef, model: LoopModel) -> Iterator[ast.Call]:
    """``f(…)``, and ``self.f(…)`` for a method."""
    method = _is_method(function, model)
    for node in model.module.of(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called == function.name and not method:
                yield node
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=called)) if called == function.name:
                yield node


def _argument(call: ast.Call, name: str, position: int) -> Iterator[ast.expr]:
    yield from (keyword.value for keyword in call.keywords if keyword.arg == name)
    before = call.args[: position + 1]
    if position >= 0 and len(before) == position + 1 and not any(isinstance(part, ast.Starred) for part in before):
        yield before[position]


def _kind(machine: Machine, node: ast.expr) -> Kind:
    statement = machine.module.statement_of(node)
    with machine.outside():
        return machine.value(node, machine.frame_at(statement)).kind
