"""Callees nobody can follow: whether the same file shows that they run under a trace.

A function that is handed to ``jit``, ``vmap``, ``jvp`` or ``lax.map``, or that such a function calls, sees tracers
already. That is no proof (an argument may be static there), so it makes an assumption of a refusal, no more.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import External
from vmapify.infer.transforms import DIFFERENTIATING, TRACING
from vmapify.syntax import same_code
from vmapify.syntax.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Event, Machine
    from vmapify.loop import LoopModel
    from vmapify.syntax import Module
    from vmapify.syntax.module import FunctionNode

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
EVALUATING = {"jax.jvp", "jax.vjp", "jax.linearize", "jax.eval_shape", "jax.make_jaxpr", "jax.checkpoint"}


def traced_at(event: Event, machine: Machine, model: LoopModel) -> int | None:
    """The line that traces the code of ``event`` (or the callee itself) in the loop's file; None if there is none."""
    module = model.module
    if event.path != module.path:
        return None
    traced = _traced(machine, module)
    around = [node for node in traced if _holds(node, event.line)]
    if around:
        return traced[min(around, key=lambda node: (node.end_lineno or 0) - node.lineno)]
    scope = module.function_of(model.anchor) or module.tree
    called = _callee_of(event, model)
    lines = [
        line
        for node, line in _handed_over(machine, module)
        if called is not None and same_code(node, called) and _inside(node, scope, module)
    ]
    return lines[-1] if lines else None


def _holds(node: FunctionNode, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _inside(node: ast.AST, scope: ast.AST, module: Module) -> bool:
    return any(outer is scope for outer in module.ancestors(node))


def _callee_of(event: Event, model: LoopModel) -> ast.expr | None:
    """What the loop itself calls there."""
    if not isinstance(event.node, ast.Call) or not any(node is event.node for node in walk(model.anchor)):
        return None
    return event.node.func


def _traced(machine: Machine, module: Module) -> dict[FunctionNode, int]:
    """The functions of ``module`` that run under a trace, with the line that hands them (or their caller) over."""
    key = (module.tree, "traced functions")
    if key not in machine.tables:
        found: dict[FunctionNode, int] = {}
        for handed, line in _handed_over(machine, module):
            _reach(handed, line, module, found)
        machine.tables[key] = found
    return machine.tables[key]  # type: ignore[return-value]


def _handed_over(machine: Machine, module: Module) -> list[tuple[ast.expr, int]]:
    """Expressions for functions that transforms get, as an argument or by decorating; with their lines."""
    key = (module.tree, "handed over")
    if key not in machine.tables:
        machine.tables[key] = list(_find_handed_over(machine, module))
    return machine.tables[key]  # type: ignore[return-value]


def _find_handed_over(machine: Machine, module: Module) -> Iterator[tuple[ast.expr, int]]:
    for node in module.of(ast.Call, ast.FunctionDef):
        if isinstance(node, ast.Call) and node.args and _traces(machine, node.func):
            yield from ((part, node.lineno) for part in node.args)
        elif isinstance(node, ast.FunctionDef) and any(_decorates(machine, one) for one in node.decorator_list):
            name = ast.copy_location(ast.Name(node.name, ast.Load()), node)
            module.parents[name] = module.parents[node]
            yield name, node.lineno


def _decorates(machine: Machine, decorator: ast.expr) -> bool:
    """``@jax.jit``, ``@jax.jit(static_argnums=0)``, ``@partial(jax.jit, static_argnums=0)``."""
    match decorator:
        case ast.Call(func=function, args=args):
            return _traces(machine, function) or any(_traces(machine, part) for part in args)
    return _traces(machine, decorator)


def _traces(machine: Machine, function: ast.expr) -> bool:
    if not isinstance(function, ast.Name | ast.Attribute):
        return False
    target = machine.value(function, machine.root).target
    known = TRACING | DIFFERENTIATING | EVALUATING
    return isinstance(target, External) and (target.name in known or target.name.startswith("jax.lax."))


def _reach(node: ast.expr, line: int, module: Module, found: dict[FunctionNode, int]) -> None:
    """Enters the functions that ``node`` may stand for, and what they call."""
    for function in _functions(node, module, depth=3):
        if function not in found:
            found[function] = line
            for call in walk(function):
                if isinstance(call, ast.Call):
                    _reach(call.func, line, module, found)


def _functions(node: ast.expr, module: Module, depth: int) -> Iterator[FunctionNode]:
    match node:
        case ast.Lambda():
            yield node
        case ast.Name(id=name):
            yield from _named(name, node, module, depth)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            owner = next((o for o in module.ancestors(node) if isinstance(o, ast.ClassDef)), None)
            yield from (
                one for one in getattr(owner, "body", []) if isinstance(one, ast.FunctionDef) and one.name == name
            )
        case ast.IfExp(body=one, orelse=other):
            yield from _functions(one, module, depth)
            yield from _functions(other, module, depth)
        case ast.Call(func=ast.Name(id="partial") | ast.Attribute(attr="partial"), args=[function, *_]):
            yield from _functions(function, module, depth)


def _named(name: str, node: ast.AST, module: Module, depth: int) -> Iterator[FunctionNode]:
    """Functions and assignments of ``name`` in the nearest scope that has any."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Lambda) or not isinstance(outer, (*FUNCTIONS, ast.Module)):
            continue
        bound = [one for one in _own_statements(outer) if _binds(one, name)]
        for one in bound:
            if isinstance(one, ast.FunctionDef):
                yield one
            elif isinstance(one, ast.Assign) and depth:
                yield from _functions(one.value, module, depth - 1)
        if bound:
            return


def _own_statements(outer: ast.AST) -> Iterator[ast.stmt]:
    for child in children(outer):
        if isinstance(child, ast.stmt):
            yield child
            if not isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                yield from _own_statements(child)


def _binds(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.FunctionDef(name=bound) | ast.Assign(targets=[ast.Name(id=bound)]):
            return bound == name
    return False
