"""VM104 in one expression: ``sum(f(x) for x in xs)``, ``max``, ``any``, ``functools.reduce(operator.add, …)``."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.loop import Reduction, Sink
from vmapify.loop.restore import Call, Infix
from vmapify.patterns.host_elements import is_plain
from vmapify.patterns.identities import identity_of
from vmapify.patterns.lists import Fate
from vmapify.patterns.operations import SIGNS, operation_of
from vmapify.patterns.stacked_comprehension import comprehended, generated_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel, Operation
    from vmapify.loop.restore import TakingUp
    from vmapify.patterns.names import Names

CALLS: dict[str, Operation] = {
    "builtins.sum": "sum",
    "math.prod": "prod",
    "builtins.max": "max",
    "builtins.min": "min",
    "builtins.any": "any",
    "builtins.all": "all",
}
OPERATORS = {"sum": ast.Add, "prod": ast.Mult}
TIGHT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


def recognise(names: Names) -> Iterator[LoopModel]:
    """Reductions of what a comprehension, generator or ``map`` gives."""
    for node in names.module.of(ast.Call):
        if names.may_be(node.func, {"sum", "prod", "max", "min", "any", "all", "reduce"}):
            model = _model(node, names)
            if model is not None:
                yield model


def _model(call: ast.Call, names: Names) -> LoopModel | None:
    called = names.qualified(call.func)
    found = _reduce(call, names) if called == "functools.reduce" else _builtin(call, called or "", names)
    if found is None:
        return None
    sink, collected = found
    generated = generated_by(collected, names)
    if generated is None:
        return None
    model = comprehended(call, generated, Fate((sink,)), None, names)
    result = model.results[0]
    if sink.collector in {"any", "all"}:
        result = replace(result, element=_tested(result.element, names))
    if is_plain(result.element):
        return None
    return replace(model, results=(result,))


def _builtin(call: ast.Call, called: str, names: Names) -> tuple[Sink, ast.expr] | None:
    operation = CALLS.get(called)
    if operation is None or not call.args or any(isinstance(part, ast.Starred) for part in call.args):
        return None
    python = operation not in OPERATORS
    start = call.args[1] if len(call.args) == 2 and called == "builtins.sum" else None
    for part in call.keywords:
        if part.arg != "start" or python:
            return None  # `key` and `default`
        start = part.value
    if len(call.args) > (2 if called == "builtins.sum" else 1):
        return None
    joined = _joined(start, OPERATORS[operation], names) if start is not None else None
    identity = identity_of(start, operation, names, tree=False) if start is not None else None
    if start is None:
        identity = "absent" if operation in {"max", "min"} else "number"
    return Sink(call, operation, "python", reduction=Reduction(joined, start, identity, python=python)), call.args[0]


def _reduce(call: ast.Call, names: Names) -> tuple[Sink, ast.expr] | None:
    """``functools.reduce(jnp.add, rows)`` and ``functools.reduce(jnp.add, rows, start)``."""
    if len(call.args) not in {2, 3} or call.keywords or any(isinstance(part, ast.Starred) for part in call.args):
        return None
    function, collected, *rest = call.args
    known = operation_of(function, names)
    if known is None or known[1]:
        return None
    operation, _ = known
    start = rest[0] if rest else None
    identity = identity_of(start, operation, names, tree=False) if start is not None else None
    joined: TakingUp | None = None
    if start is not None:
        joined = Call(names.module.text(function), (names.module.text(start),))
        if operation in OPERATORS:
            joined = _joined(start, OPERATORS[operation], names)
        elif isinstance(function, ast.Lambda):
            return None
    reduction = Reduction(
        joined,
        start,
        identity if rest else "absent",
        python=names.qualified(function) in {"builtins.max", "builtins.min"},
        bitwise=names.may_be(function, {"bitwise_and", "bitwise_or", "and_", "or_"})
        or isinstance(function, ast.Lambda),
    )
    return Sink(call, operation, "python", reduction=reduction), collected


def _joined(start: ast.expr, operator: type[ast.operator], names: Names) -> Infix:
    text = names.module.text(start)
    return Infix(text if isinstance(start, TIGHT) else f"({text})", SIGNS[operator])


def _tested(element: ast.expr, names: Names) -> ast.expr:
    """``bool(f(x))`` is tested as ``f(x)`` is."""
    match element:
        case ast.Call(func=function, args=[inner], keywords=[]) if names.qualified(function) == "builtins.bool":
            return inner
    return element
