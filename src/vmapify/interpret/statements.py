"""Running statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import NONE, Reference, Unknown
from vmapify.heap.objects import ListObject
from vmapify.interpret import branches, loops, module_names, names, operators, targets
from vmapify.interpret.flow import Flow, Return

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running

THROUGH = Flow()


def run(machine: Running, block: Sequence[ast.stmt], frame: int) -> Flow:
    """Run ``block``; a statement of a kind that is not in the table is not modelled."""
    returns: tuple[Return, ...] = ()
    for statement in block:
        flow = machine.statement(statement, frame)
        returns += flow.returns
        if not flow.through:
            return Flow(through=False, returns=returns, leaves_loop=flow.leaves_loop)
        if flow.leaves_loop:
            machine.unproven("control-leaves", "break", statement)
    return Flow(returns=returns)


def statement(machine: Running, node: ast.stmt, frame: int) -> Flow:
    """Run one statement.

    Raises:
        Unproven: it is of a kind that is not modelled.
    """
    found = KINDS.get(type(node))
    if found is None:
        machine.unproven("unmodelled", type(node).__name__.lower(), node)
    return found(machine, node, frame) or THROUGH


def _assign(machine: Running, node: ast.Assign, frame: int) -> None:
    value = machine.value(node.value, frame)
    for target in node.targets:
        targets.assign(machine, target, value, frame)


def _annotated(machine: Running, node: ast.AnnAssign, frame: int) -> None:
    # an annotation of a local variable is not evaluated
    if node.value is not None:
        targets.assign(machine, node.target, machine.value(node.value, frame), frame)


def _augmented(machine: Running, node: ast.AugAssign, frame: int) -> None:
    owner = key = None
    match node.target:
        case ast.Name(id=name):
            current = names.lookup(machine, name, frame, node)
        case ast.Subscript(value=whole, slice=index):
            owner, key = machine.value(whole, frame), machine.value(index, frame)
            current = machine.item(owner, key, node)
        case ast.Attribute(value=whole, attr=attr):
            owner = machine.value(whole, frame)
            current = machine.attribute(owner, attr, node)
    made = _in_place(machine, node, current, machine.value(node.value, frame))
    match node.target:
        case ast.Name(id=name):
            names.bind(machine, name, made, frame, node)
        case ast.Subscript():
            assert owner is not None and key is not None
            machine.store_item(owner, key, made, node)
        case ast.Attribute(attr=attr):
            assert owner is not None
            machine.store_attribute(owner, attr, made, node)


def _in_place(machine: Running, node: ast.AugAssign, current: Value, value: Value) -> Value:
    """``current op= value``: a list grows, what cannot change is replaced."""
    if not isinstance(current, Reference):
        return operators.combined(machine, operators.operation(node.op), current, value, node)
    found = machine.heap.peek(current.place)
    more = machine.items(value, node) if isinstance(found, ListObject) and isinstance(node.op, ast.Add) else None
    if not isinstance(found, ListObject) or more is None:
        return machine.opaque("in place", (current, value), node)
    machine.heap.mutate(current.place, ListObject((*found.parts, *more)))
    return current


def _expression(machine: Running, node: ast.Expr, frame: int) -> None:
    machine.value(node.value, frame)


def _return(machine: Running, node: ast.Return, frame: int) -> Flow:
    value = machine.value(node.value, frame) if node.value is not None else NONE
    return Flow(through=False, returns=(Return((), value, machine.heap.copy(), machine.log),))


def _if(machine: Running, node: ast.If, frame: int) -> Flow:
    answer = machine.truth(machine.value(node.test, frame), node)
    if isinstance(answer, bool):
        return machine.run(node.body if answer else node.orelse, frame)
    return _both(machine, answer, lambda: machine.run(node.body, frame), lambda: machine.run(node.orelse, frame))


def _both(machine: Running, condition: Term, one: Callable[[], Flow], other: Callable[[], Flow]) -> Flow:
    before, log = machine.heap.copy(), machine.log
    first = one()
    after, first_log = machine.heap.copy(), machine.log
    machine.heap.take(before)
    machine.log = log
    second = other()
    returns = (*_under(first, condition, holds=True), *_under(second, condition, holds=False))
    if first.leaves_loop or second.leaves_loop:
        machine.unproven("control-leaves", "break", machine.trail[-1] if machine.trail else ast.Pass())
    if first.through and second.through:
        machine.log = branches.joined_log(log, condition, first_log, machine.log)
        branches.join_heap(machine, condition, after, machine.heap)
    elif first.through:
        machine.heap.take(after)
        machine.log = first_log
    return Flow(first.through or second.through, returns)


def _under(flow: Flow, condition: Term, *, holds: bool) -> tuple[Return, ...]:
    return tuple(Return(((condition, holds), *one.path), one.value, one.heap, one.log) for one in flow.returns)


def _raise(machine: Running, node: ast.Raise, frame: int) -> Flow:
    return Flow(through=False)


def _leave(machine: Running, node: ast.stmt, frame: int) -> Flow:
    return Flow(through=False, leaves_loop=True)


def _pass(machine: Running, node: ast.stmt, frame: int) -> None:
    """``pass``, ``global x``, ``nonlocal x``: the scope knows."""


def _assert(machine: Running, node: ast.Assert, frame: int) -> None:
    machine.truth(machine.value(node.test, frame), node)


def _define(machine: Running, node: ast.FunctionDef, frame: int) -> None:
    names.bind(machine, node.name, machine.defined(node, frame), frame, node)


def _class(machine: Running, node: ast.ClassDef, frame: int) -> None:
    found = machine.class_value(node, frame)
    names.bind(machine, node.name, found if found is not None else machine.opaque(node.name, (), node), frame, node)


def _import(machine: Running, node: ast.Import | ast.ImportFrom, frame: int) -> None:
    for alias in node.names:
        if alias.name == "*":
            machine.unproven("unmodelled", "import *", node)
        name = alias.asname or alias.name.partition(".")[0]
        names.bind(machine, name, module_names.imported(machine, machine.module, alias), frame, node)


def _delete(machine: Running, node: ast.Delete, frame: int) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            names.bind(machine, target.id, None, frame, node)
        else:
            machine.unproven("unmodelled", "del", node)


def unknown_after(name: str, position: int) -> Unknown:
    """What a name holds behind a statement that is not modelled."""
    return Unknown(term("after", position, name))


KINDS: dict[type[ast.stmt], Callable[[Running, ast.stmt, int], Flow | None]] = {
    ast.Assign: _assign,  # type: ignore[dict-item]
    ast.AnnAssign: _annotated,  # type: ignore[dict-item]
    ast.AugAssign: _augmented,  # type: ignore[dict-item]
    ast.Expr: _expression,  # type: ignore[dict-item]
    ast.Return: _return,  # type: ignore[dict-item]
    ast.If: _if,  # type: ignore[dict-item]
    ast.For: loops.for_statement,  # type: ignore[dict-item]
    ast.Raise: _raise,  # type: ignore[dict-item]
    ast.Break: _leave,
    ast.Continue: _leave,
    ast.Pass: _pass,
    ast.Global: _pass,
    ast.Nonlocal: _pass,
    ast.Assert: _assert,  # type: ignore[dict-item]
    ast.FunctionDef: _define,  # type: ignore[dict-item]
    ast.ClassDef: _class,  # type: ignore[dict-item]
    ast.Import: _import,  # type: ignore[dict-item]
    ast.ImportFrom: _import,  # type: ignore[dict-item]
    ast.Delete: _delete,  # type: ignore[dict-item]
}
"""Statements that are modelled."""

NOT_MODELLED = {
    *("While", "With", "Try", "TryStar", "Match", "AsyncFor", "AsyncWith", "AsyncFunctionDef", "TypeAlias"),
}
"""Those that are not."""
