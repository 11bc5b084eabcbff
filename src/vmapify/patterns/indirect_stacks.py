"""Lists that are stacked after something was done to them: ``jnp.array(times[1:])``, ``jnp.stack(rows + [last])``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle
from vmapify.patterns.lists import first_line, rebinding, uses
from vmapify.patterns.sinks import foreign_sink, sink_of
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import Sink
    from vmapify.patterns.names import Names

REORDERING = {"builtins.list", "builtins.tuple", "builtins.reversed", "builtins.sorted"}
STEPS = 3  # names that a list goes through on its way to the call that stacks it


def nearly_stacked(name: str, names: Names, scope: ast.AST, loop: ast.stmt, steps: int = STEPS) -> Sink | None:
    """The call that stacks a part of the list ``name``, or the list with something added; None if there is none."""
    until = rebinding(name, names, loop)
    for use in (*_in_else(name, loop), *uses(name, names, scope, loop)):
        if until is not None and use.lineno > (until.end_lineno or until.lineno):
            return None
        if use.lineno < loop.lineno or names.module.function_of(use) is not names.module.function_of(loop):
            continue
        changed = _changed(use, names)
        parent = names.module.parents[changed]
        call = parent if isinstance(parent, ast.Call) else None
        found = (sink_of(call, names) or foreign_sink(call, names)) if call is not None else None
        if found is not None and found[1] is changed:
            return found[0]
        for renamed in _renamed(parent, changed) if steps else ():
            further = nearly_stacked(renamed, names, scope, names.module.statement_of(use), steps - 1)
            if further is not None:
                return further
    return None


def _in_else(name: str, loop: ast.stmt) -> Iterator[ast.Name]:
    """The reads of ``name`` in the ``else`` clause of ``loop``, which follows it."""
    for statement in loop.orelse if isinstance(loop, ast.For) else ():
        for node in walk(statement):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node


def changed_first(name: str, sink: Sink, loop: ast.stmt) -> tuple[Obstacle, ...]:
    """What stands between the list ``name`` and the call that stacks it, found by `nearly_stacked`."""
    if sink.node is None or sink.library == "other" or sink.node.lineno <= (loop.end_lineno or loop.lineno):
        return ()  # told elsewhere: an unknown function, an `else` clause
    call = first_line(sink.node)
    return (Obstacle.of("results-used-elsewhere", "changed-first", sink.node, list=name, call=call),)


def _changed(node: ast.expr, names: Names) -> ast.expr:
    """``node`` with the slices, sums and reorderings around it."""
    while True:
        parent = names.module.parents[node]
        match parent:
            case ast.Subscript(value=value, slice=ast.Slice()) if value is node:
                node = parent
            case ast.BinOp(op=ast.Add()):
                node = parent
            case ast.Call(func=function, args=[only], keywords=[]) if only is node:
                if names.qualified(function) not in REORDERING:
                    return node
                node = parent
            case _:
                return node


def _renamed(parent: ast.AST, value: ast.expr) -> Iterator[str]:
    if isinstance(parent, ast.Assign) and parent.value is value:
        yield from (target.id for target in parent.targets if isinstance(target, ast.Name))
