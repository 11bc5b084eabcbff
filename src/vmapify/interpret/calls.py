"""Calls of functions whose source is at hand, and the way to those of the library."""

from __future__ import annotations

import ast
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.domain.doubt import Unproven
from vmapify.domain.term import Term, term
from vmapify.domain.value import NONE, Applied, Bound, ClassValue, Function, Library, Outer, Reference, Tuple
from vmapify.heap.objects import DictObject, Frame, Instance
from vmapify.interpret import branches, instances, transforms, tree_functions
from vmapify.interpret.flow import Flow, Return
from vmapify.library import dispatch, methods
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running

DEPTH = 24  # nested calls that are followed


def call(machine: Running, function: Value, args: Arguments, node: ast.AST) -> Value:
    """Call any value."""
    found = _call(machine, function, args, node)
    return found if found is not None else machine.opaque(_shown(function, node), (function, *args.every), node)


def _shown(function: Value, node: ast.AST) -> str:
    if isinstance(function, Library | Bound) and function.name:
        return function.name
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _call(machine: Running, function: Value, args: Arguments, node: ast.AST) -> Value | None:
    match function:
        case Function():
            return _of_source(machine, function, args, node)
        case Bound(receiver, Function() | Applied() | Bound() as inner):
            return machine.call(inner, Arguments((receiver, *args.positional), args.keywords), node)
        case Bound(name=tree_functions.UNRAVEL):
            return tree_functions.unravel(machine, function, args)
        case Bound():
            return methods.call(machine, function, args, node)
        case Library(name):
            found = transforms.immediate(machine, name, args, node)
            if found is not None:
                return found[0]
            return dispatch.call(machine, name, args, node)
        case Applied():
            return transforms.call(machine, function, args, node)
        case ClassValue():
            return instances.made(machine, function, args, node)
        case Reference(place):
            held = machine.heap.peek(place)
            if isinstance(held, Instance):
                method = machine.method(held.cls, "__call__")
                if method is not None:
                    return machine.call(Bound(function, method[0]), args, node)
        case Outer():
            called = instances.of_outer(machine, function, "__call__", node)
            return machine.call(called, args, node) if isinstance(called, Bound) else None
    return None


def _of_source(machine: Running, function: Function, args: Arguments, node: ast.AST) -> Value | None:
    if len(machine.trail) > DEPTH or isinstance(function.node, ast.AsyncFunctionDef) or _is_generator(function.node):
        return None
    before, log, module = machine.heap.copy(), machine.log, machine.module
    machine.trail.append(node)
    machine.module = function.module
    try:
        return _run(machine, function, args, node)
    except Unproven:
        if machine.is_strict:
            raise
        machine.heap.take(before)
        machine.log = log
        return None
    finally:
        machine.trail.pop()
        machine.module = module


def _is_generator(node: ast.AST) -> bool:
    pending = list(ast.iter_child_nodes(node))
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Yield | ast.YieldFrom | ast.Await):
            return True
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(one)
    return False


def _run(machine: Running, function: Function, args: Arguments, node: ast.AST) -> Value:
    frame = open_frame(machine, function, args, node)
    if isinstance(function.node, ast.Lambda):
        return machine.value(function.node.body, frame)
    return _returned(machine, machine.run(function.node.body, frame), node)


def _returned(machine: Running, flow: Flow, node: ast.AST) -> Value:
    """What a function gives that was left in one of several ways."""
    ways = flow.returns
    if flow.through:
        ways = (*ways, Return((), NONE, machine.heap.copy(), machine.log))
    if not ways:
        machine.unproven("raises", "", node)
    last = ways[-1]
    machine.heap.take(last.heap)
    machine.log = last.log
    return reduce(lambda value, way: _or(machine, way, value), reversed(ways[:-1]), last.value)


def _or(machine: Running, way: Return, value: Value) -> Value:
    condition = _all(way.path)
    if way.log != machine.log:
        machine.log = (term("either-happened", condition, way.log, machine.log),)
    branches.join_heap(machine, condition, way.heap, machine.heap)
    return branches.joined(machine, condition, way.value, value)


def _all(path: tuple[tuple[Term, bool], ...]) -> Term:
    """The condition that all of ``path`` hold."""
    if len(path) == 1 and path[0][1]:
        return path[0][0]
    return term("all", path)


def open_frame(machine: Running, function: Function, args: Arguments, node: ast.AST) -> int:
    """A frame for the body of ``function``, its parameters bound.

    Raises:
        Unproven: the arguments do not fit, which is an error in the program, or not understood here.
    """
    bound = _bound(machine, function, args, node)
    around = machine.heap.peek(function.frame) if function.frame in machine.heap else None
    parent = function.frame if isinstance(around, Frame) else None
    scope = machine.scope(function.node)
    rebound = frozenset(
        name
        for part in ast.walk(function.node)
        if isinstance(part, ast.Nonlocal)
        for name in part.names
        if name in scope.bindings
    )
    return machine.heap.new(Frame(function.module, scope, parent, bound, function.owner, rebound)).place


def _bound(machine: Running, function: Function, args: Arguments, node: ast.AST) -> dict[str, Value]:
    spec = function.node.args
    places = [*spec.posonlyargs, *spec.args]
    bound: dict[str, Value] = {one.arg: value for one, value in zip(places, args.positional, strict=False)}
    extra = args.positional[len(places) :]
    if spec.vararg is not None:
        bound[spec.vararg.arg] = Tuple(extra)
    elif extra:
        machine.unproven("raises", "TypeError", node)
    by_name = {one.arg for one in (*spec.args, *spec.kwonlyargs)}
    others: dict[str, Value] = {}
    for name, value in args.keywords.items():
        if name in bound or (name not in by_name and spec.kwarg is None):
            machine.unproven("raises", "TypeError", node)
        (bound if name in by_name else others)[name] = value
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = machine.heap.new(DictObject(tuple(others.items())))
    defaults = dict(
        zip([one.arg for one in places][len(places) - len(function.defaults) :], function.defaults, strict=True)
    )
    given = {**defaults, **dict(function.keyword_defaults), **bound}
    if any(one.arg not in given for one in (*places, *spec.kwonlyargs)):
        machine.unproven("raises", "TypeError", node)
    return given
