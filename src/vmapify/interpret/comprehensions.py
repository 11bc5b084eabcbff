"""List and dict comprehensions, and generator expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import Library, Tuple
from vmapify.heap.objects import DictObject, Frame, Iterator, Lanes, ListObject
from vmapify.interpret import names, subscripts, targets
from vmapify.syntax import Scope, binding_names

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running

Comprehension = ast.ListComp | ast.GeneratorExp | ast.DictComp


def comprehension(machine: Running, node: Comprehension, frame: int) -> Value:
    """A list, or an iterator: a generator expression is run here and now if it is used up here and now."""
    if isinstance(node, ast.GeneratorExp) and not _used_up(machine, node, frame):
        return machine.opaque("generator", (), node)
    before, log = machine.heap.copy(), machine.log
    found = _elements(machine, node, 0, _inner_frame(machine, node, frame), frame)
    match node:
        case ast.GeneratorExp():
            if _stops_early(machine, node, frame) and (machine.log != log or machine.heap.differs(before)):
                machine.unproven("unmodelled", "a generator that is not used up", node)
            return machine.heap.new(Iterator(found))
        case ast.DictComp():
            return _dict(machine, node, found)
    return machine.heap.new(ListObject(found))


def _dict(machine: Running, node: ast.DictComp, pairs: tuple[Value | Lanes, ...]) -> Value:
    entries: dict[tuple[type, object], tuple[object, Value]] = {}
    for pair in pairs:
        key = subscripts.constant_key(pair.items[0]) if isinstance(pair, Tuple) else None
        if key is None or not isinstance(pair, Tuple):
            machine.unproven("unmodelled", "a key that is not known", node)
        entries[type(key[0]), key[0]] = (key[0], pair.items[1])
    return machine.heap.new(DictObject(tuple(entries.values())))


_STOPPING_EARLY = {"builtins.any", "builtins.all"}
_USING_UP = {f"builtins.{name}" for name in ("tuple", "list", "sum", "max", "min", "sorted", "dict")} | _STOPPING_EARLY


def _used_up(machine: Running, node: ast.GeneratorExp, frame: int) -> bool:
    return _user(machine, node, frame) in _USING_UP


def _stops_early(machine: Running, node: ast.GeneratorExp, frame: int) -> bool:
    return _user(machine, node, frame) in _STOPPING_EARLY


def _user(machine: Running, node: ast.GeneratorExp, frame: int) -> str | None:
    """The function of the library that a generator expression is handed to."""
    parent = machine.module.parents.get(node)
    if not (isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.args[:1] == [node]):
        return None
    function = names.lookup(machine, parent.func.id, frame, parent)
    return function.name if isinstance(function, Library) else None


def _inner_frame(machine: Running, node: Comprehension, frame: int) -> int:
    around = names.frame_at(machine, frame)
    bound = {name: [clause.target] for clause in node.generators for name in binding_names(clause.target)}
    scope = Scope(node, bound)  # type: ignore[arg-type]
    return machine.heap.new(Frame(around.module, scope, frame, {}, around.owner)).place


def _elements(machine: Running, node: Comprehension, depth: int, inner: int, frame: int) -> tuple[Value | Lanes, ...]:
    """What the clauses from ``depth`` on give."""
    if depth == len(node.generators):
        if isinstance(node, ast.DictComp):
            return (Tuple((machine.value(node.key, inner), machine.value(node.value, inner))),)
        return (machine.value(node.elt, inner),)
    clause = node.generators[depth]
    if clause.is_async:
        machine.unproven("control-leaves", "async for", node)
    source = machine.value(clause.iter, inner if depth else frame)
    bound = frozenset(name for one in node.generators for name in binding_names(one.target))
    return machine.each(source, clause.iter, lambda item: _item(machine, node, depth, inner, frame, item), inner, bound)


def _item(
    machine: Running, node: Comprehension, depth: int, inner: int, frame: int, item: Value
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
