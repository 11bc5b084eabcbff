"""``while`` loops with a counter, read as the ``for`` loops over a ``range`` that they are.

    i = 0
    while i < n:        →        for i in range(n):
        …                            …
        i += 1

They are that if the counter and its end are integers, nothing else in the loop changes either, and nothing reads the
counter behind the loop.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.syntax.flow import reads_after, stored_names
from vmapify.syntax.names import names_in, root_name
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.syntax.module import Module

EXACT = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)


@dataclass(frozen=True, slots=True)
class _Counter:
    """``name`` runs from ``start``, which ``init`` sets, to ``stop`` in steps of ``step``."""

    name: ast.Name
    init: ast.stmt
    start: ast.Constant
    stop: ast.expr
    step: ast.Constant


def count_loops(module: Module) -> dict[ast.For, ast.stmt]:
    """Put a ``for`` in the place of each such loop in the tree; the result tells the statements that set their counters."""
    counters = {node: _counter(module, node) for node in module.of(ast.While)}
    loops = {loop: (_as_for(loop, counter), counter.init) for loop, counter in counters.items() if counter is not None}
    for node in module.nodes if loops else ():
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                block[:] = [loops[one][0] if one in loops else one for one in block]
    for made, _ in loops.values():
        made.body[:] = [loops[one][0] if one in loops else one for one in made.body]
    return dict(loops.values())


def _as_for(loop: ast.While, counter: _Counter) -> ast.For:
    bounds: list[ast.expr] = [counter.start, counter.stop, counter.step]
    if counter.step.value == 1:
        bounds = [counter.start, counter.stop] if counter.start.value else [counter.stop]
    function = ast.copy_location(ast.Name("range", ast.Load()), loop.test)
    target = ast.copy_location(ast.Name(counter.name.id, ast.Store()), counter.name)
    iterable = ast.copy_location(ast.Call(function, bounds, []), loop.test)
    return ast.copy_location(ast.For(target, iterable, loop.body[:-1], [], None), loop)


def _counter(module: Module, loop: ast.While) -> _Counter | None:
    match loop:
        case ast.While(
            test=ast.Compare(left=ast.Name(id=name) as counter, ops=[ast.Lt()], comparators=[stop]),
            body=[*body, last],
            orelse=[],
        ) if body:
            step, start = _step(last, name), _start(module, loop, name)
        case _:
            return None
    if step is None or start is None or not _is_left_alone(name, body) or not _is_fixed(stop, body):
        return None
    if not _is_integer(stop, module, loop) or reads_after(module, loop, name) is not None:
        return None
    return _Counter(counter, start[0], start[1], stop, step)


def _start(module: Module, loop: ast.While, name: str) -> tuple[ast.stmt, ast.Constant] | None:
    """``i = 0`` before the loop, in the same block, with nothing in between that mentions ``i``."""
    block, index = module.block_of(loop)
    for statement in reversed(block[:index]):
        if not any(isinstance(node, ast.Name) and node.id == name for node in walk(statement)):
            continue
        match statement:
            case (
                ast.Assign(targets=[ast.Name()], value=ast.Constant(value=int()) as value)
                | ast.AnnAssign(target=ast.Name(), value=ast.Constant(value=int()) as value)
            ) if type(value.value) is int:
                return statement, value
        return None
    return None


def _step(statement: ast.stmt, name: str) -> ast.Constant | None:
    """``1`` of ``i += 1`` and ``i = i + 1``."""
    match statement:
        case (
            ast.AugAssign(target=ast.Name(id=bound), op=ast.Add(), value=ast.Constant(value=int()) as step)
            | ast.Assign(
                targets=[ast.Name(id=bound)],
                value=ast.BinOp(left=ast.Name(), op=ast.Add(), right=ast.Constant(value=int()) as step),
            )
        ) if bound == name and type(step.value) is int and step.value > 0:
            read = {node.id for node in names_in(statement, ast.Load)}
            return step if read <= {name} else None
    return None


def _is_left_alone(name: str, body: Sequence[ast.stmt]) -> bool:
    """Whether ``body`` reads ``name`` and nothing more, and always gets to what comes behind it."""
    nodes = list(_nodes(body))
    declared = {other for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for other in node.names}
    jumps = any(isinstance(node, ast.Continue) for node in nodes)
    return name not in stored_names(body) | declared and not jumps


def _is_fixed(stop: ast.expr, body: Sequence[ast.stmt]) -> bool:
    """Whether an iteration leaves ``stop`` as it is: it sets no name in it and no entry of one, and hands none to a bare call."""
    read = {node.id for node in names_in(stop, ast.Load)}
    if read & stored_names(body):
        return False
    return not any(root_name(node) in read for node in _changed(body))


def _changed(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """What the statements set entries or attributes of, and what takes part in a call for what that does."""
    for node in _nodes(body):
        match node:
            case ast.Attribute(value=value, ctx=ast.Store() | ast.Del()):
                yield value
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                yield value
            case ast.Expr(value=ast.Call(func=function, args=args)):
                yield from [function, *args]


def _nodes(statements: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in statements:
        yield from walk(statement)


def _is_integer(node: ast.expr, module: Module, place: ast.AST) -> bool:
    """Whether ``node`` certainly is an integer: ``range`` takes nothing else."""
    match node:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.Call(func=ast.Name(id="len" | "int"), args=[_], keywords=[]):
            return True
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=ast.Constant(value=int())):
            return True
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, EXACT):
            return _is_integer(left, module, place) and _is_integer(right, module, place)
        case ast.Name(id=name):
            return _is_count(name, module, place)
    return False


def _is_count(name: str, module: Module, place: ast.AST) -> bool:
    """Whether ``name`` is a parameter annotated as ``int``, or is set once, to an integer."""
    for scope in (outer for outer in module.ancestors(place) if isinstance(outer, SCOPES)):
        given = [] if isinstance(scope, ast.Module) else [a for a in walk(scope.args) if isinstance(a, ast.arg)]
        parameters = [one for one in given if one.arg == name]
        if name not in stored_names(scope.body):
            if parameters:
                return all(_is_int(one.annotation) for one in parameters)
            continue
        stores = [s for s in walk(scope) if isinstance(s, ast.stmt) and name in stored_names([s]) and s is not scope]
        match [s for s in stores if not hasattr(s, "body")], parameters:
            case [ast.Assign(targets=[ast.Name()], value=value)], []:
                return len(stores) == 1 and _is_integer(value, module, scope)
        return False
    return False


def _is_int(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "int"
