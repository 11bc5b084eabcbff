"""Structured results taken apart: ``[r[0] for r in results]``, ``zip(*results)``, and what stacks each part."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.loop import WHOLE
from vmapify.patterns.sinks import sink_of, stacker, without_conversion

if TYPE_CHECKING:
    from vmapify.loop import Part, Sink
    from vmapify.patterns.names import Names

SEQUENCES = {"builtins.list", "builtins.tuple"}


@dataclass(frozen=True, slots=True)
class Column:
    """A name that holds one part of every result."""

    name: str
    part: Part


@dataclass(frozen=True, slots=True)
class Taken:
    """What one use of a list of results means: it is stacked, or ``statement`` gives names to its columns."""

    sinks: tuple[Sink, ...] = ()
    columns: tuple[Column, ...] = ()
    statement: ast.stmt | None = None


def taken(node: ast.expr, names: Names) -> Taken | None:
    """What is done with the list ``node``; None if it is anything but stacking it or taking it apart."""
    node = through_sequences(node, names)
    parent = names.module.parents[node]
    if isinstance(parent, ast.Starred):
        return _starred(node, names.module.parents[parent], names)
    if isinstance(parent, ast.comprehension):
        return _projected(parent, names)
    found = sink_of(parent, names) if isinstance(parent, ast.Call) else None
    return Taken((found[0],)) if found is not None and found[1] is node else None


def through_sequences(node: ast.expr, names: Names) -> ast.expr:
    """``list(node)`` and ``tuple(node)`` around ``node``, as far as they go."""
    parent = names.module.parents[node]
    while isinstance(parent, ast.Call) and parent.args == [node] and not parent.keywords:
        if names.qualified(parent.func) not in SEQUENCES:
            break
        node, parent = parent, names.module.parents[parent]
    return node


def _starred(node: ast.expr, call: ast.AST, names: Names) -> Taken | None:
    if not isinstance(call, ast.Call):
        return None
    if len(call.args) == 1 and not call.keywords and names.qualified(call.func) == "builtins.zip":
        return zipped(call, names)
    found = sink_of(call, names)
    return Taken((found[0],)) if found is not None and found[1] is node else None


def zipped(call: ast.Call, names: Names) -> Taken | None:
    """``a, b = zip(*results)``, ``map(jnp.stack, zip(*results))`` and ``[jnp.stack(c) for c in zip(*results)]``."""
    outer = through_sequences(call, names)
    statement = names.module.parents[outer]
    if isinstance(statement, ast.Assign):
        unpacked = _targets(statement)
        return Taken((), unpacked, statement) if unpacked else None
    return _each_stacked(outer, names)


def _targets(statement: ast.Assign) -> tuple[Column, ...]:
    match statement.targets:
        case [ast.Tuple(elts=elts) | ast.List(elts=elts)] if all(isinstance(elt, ast.Name) for elt in elts):
            return tuple(
                Column(elt.id, WHOLE.item(k, str(k))) for k, elt in enumerate(elts) if isinstance(elt, ast.Name)
            )
    return ()


def _each_stacked(columns: ast.expr, names: Names) -> Taken | None:
    """Every column stacked in one expression, which is unpacked, or kept as a list or tuple."""
    above = names.module.parents[columns]
    whole: ast.AST
    match above:
        case ast.Call(func=function, args=[mapper, mapped], keywords=[]) if (
            mapped is columns and names.qualified(function) == "builtins.map"
        ):
            sink, whole = stacker(mapper, names), above
        case ast.comprehension(target=ast.Name(id=each), ifs=[], is_async=0):
            whole = names.module.parents[above]
            sink = _of_each(whole, each, names)
        case _:
            return None
    if sink is None or not isinstance(whole, ast.expr):
        return None
    outer = through_sequences(whole, names)
    statement = names.module.parents[outer]
    if isinstance(statement, ast.Assign) and (unpacked := _targets(statement)):
        sinks = tuple(replace(sink, node=None, part=one.part, column=one.name) for one in unpacked)
        return Taken(sinks, (), statement)
    container = _container(outer, names)
    return Taken((replace(sink, node=outer, collector="zip", container=container),)) if container else None


def _of_each(whole: ast.AST, each: str, names: Names) -> Sink | None:
    """The sink of ``[jnp.stack(c) for c in …]``."""
    if not isinstance(whole, ast.ListComp | ast.GeneratorExp) or len(whole.generators) != 1:
        return None
    found = sink_of(whole.elt, names)
    plain = found is not None and isinstance(found[1], ast.Name) and found[1].id == each
    return found[0] if found is not None and plain and found[0].collector in {"stack", "array"} else None


def _container(node: ast.expr, names: Names) -> str | None:
    """``list`` or ``tuple``, whichever ``node`` makes of the stacked columns."""
    if isinstance(node, ast.ListComp):
        return "list"
    called = names.qualified(node.func) if isinstance(node, ast.Call) else None
    return called.rpartition(".")[2] if called in SEQUENCES else None


def _projected(clause: ast.comprehension, names: Names) -> Taken | None:
    """``[r.x for r in results]``, stacked at once or given a name."""
    comprehension = names.module.parents[clause]
    if not isinstance(comprehension, ast.ListComp | ast.GeneratorExp) or len(comprehension.generators) != 1:
        return None
    element, converted = without_conversion(comprehension.elt, names)
    part = _part(element, clause.target, names)
    if part is None or clause.ifs or clause.is_async:
        return None
    outer = through_sequences(comprehension, names)
    above = names.module.parents[outer]
    match above:
        case ast.Call() if (found := sink_of(above, names)) is not None and found[1] is outer:
            return Taken((replace(found[0], part=part, converted=converted),))
        case ast.Assign(targets=[ast.Name(id=name)]) if converted is None and not isinstance(outer, ast.GeneratorExp):
            return Taken((), (Column(name, part),), above)
    return None


def _part(element: ast.expr, target: ast.expr, names: Names) -> Part | None:
    """``[0].x`` for ``r[0].x`` with the target ``r``, ``[1]`` for ``b`` with the target ``a, b``."""
    match element:
        case ast.Name(id=name):
            return _position(name, target)
        case ast.Attribute(value=inner, attr=attr):
            head = _part(inner, target, names)
            return head.attribute(attr) if head is not None else None
        case ast.Subscript(value=inner, slice=ast.Constant(value=int() | str() as value) as key):
            head = _part(inner, target, names)
            return head.item(value, names.module.text(key)) if head is not None else None
    return None


def _position(name: str, target: ast.expr) -> Part | None:
    if isinstance(target, ast.Name):
        return WHOLE if target.id == name else None
    names = (
        [elt.id if isinstance(elt, ast.Name) else None for elt in target.elts] if isinstance(target, ast.Tuple) else []
    )
    if None in names or names.count(name) != 1:
        return None
    return WHOLE.item(names.index(name), str(names.index(name)))
