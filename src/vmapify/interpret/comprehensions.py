"""List comprehensions and generator expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import Library
from vmapify.heap.objects import Frame, Iterator, Lanes, ListObject
from vmapify.interpret import names, targets
from vmapify.syntax import Scope, binding_names

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running


def comprehension(machine: Running, node: ast.ListComp | ast.GeneratorExp, frame: int) -> Value:
    """A list, or an iterator: a generator expression is run here and now if it is used up here and now."""
    if isinstance(node, ast.GeneratorExp) and not _used_up(machine, node, frame):
        return machine.opaque("generator", (), node)
    before, log = machine.heap.copy(), machine.log
    found = _elements(machine, node, 0, _inner_frame(machine, node, frame), frame)
    if isinstance(node, ast.GeneratorExp):
        same = all(machine.heap.peek(place) == before.peek(place) for place in before.places())
        if machine.log != log or not same:  # `any` stops early, and `dict` looks at each item before the next
            machine.unproven("unmodelled", "generator", node)
        return machine.heap.new(Iterator(found))
    return machine.heap.new(ListObject(found))


_USING_UP = {f"builtins.{name}" for name in ("tuple", "list", "sum", "max", "min", "any", "all", "sorted", "dict")}


def _used_up(machine: Running, node: ast.GeneratorExp, frame: int) -> bool:
    parent = machine.module.parents.get(node)
    if not (isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.args[:1] == [node]):
        return False
    function = names.lookup(machine, parent.func.id, frame, parent)
    return isinstance(function, Library) and function.name in _USING_UP


def _inner_frame(machine: Running, node: ast.ListComp | ast.GeneratorExp, frame: int) -> int:
    around = names.frame_at(machine, frame)
    bound = {name: [clause.target] for clause in node.generators for name in binding_names(clause.target)}
    scope = Scope(node, bound)  # type: ignore[arg-type]
    return machine.heap.new(Frame(around.module, scope, frame, {}, around.owner)).place


def _elements(
    machine: Running, node: ast.ListComp | ast.GeneratorExp, depth: int, inner: int, frame: int
) -> tuple[Value | Lanes, ...]:
    """What the clauses from ``depth`` on give."""
    if depth == len(node.generators):
        return (machine.value(node.elt, inner),)
    clause = node.generators[depth]
    if clause.is_async:
        machine.unproven("control-leaves", "async for", node)
    source = machine.value(clause.iter, inner if depth else frame)
    bound = frozenset(name for one in node.generators for name in binding_names(one.target))
    return machine.each(source, clause.iter, lambda item: _item(machine, node, depth, inner, frame, item), inner, bound)


def _item(
    machine: Running, node: ast.ListComp | ast.GeneratorExp, depth: int, inner: int, frame: int, item: Value
) -> tuple[Value | Lanes, ...]:
    clause = node.generators[depth]
    targets.assign(machine, clause.target, item, inner)
    for test in clause.ifs:
        answer = machine.truth(machine.value(test, inner), test)
        if not isinstance(answer, bool):
            machine.unproven("unmodelled", "if", test)
        if not answer:
            return ()
    return _elements(machine, node, depth + 1, inner, frame)
