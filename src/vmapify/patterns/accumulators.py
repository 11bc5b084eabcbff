"""Accumulators: what a ``for`` loop takes up of each iteration, ``total += f(x)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle, Reduction, Result, Sink
from vmapify.patterns.contributions import Gathered
from vmapify.patterns.identities import identity_of
from vmapify.patterns.sinks import without_conversion
from vmapify.syntax import stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.patterns.names import Names
    from vmapify.patterns.operations import Term


def accumulated(terms: Sequence[Term], loop: ast.For, names: Names) -> Gathered:
    """The accumulators of ``loop``, and what keeps one from being a reduction."""
    results: list[Result] = []
    obstacles: list[Obstacle] = []
    for name in dict.fromkeys(term.name for term in terms):
        mine = [term for term in terms if term.name == name]
        own = {id(use) for term in mine for use in term.uses}
        if _made_inside(name, own, loop) or len({term.operation for term in mine}) > 1:
            continue
        result = _result(mine, loop, names)
        if result.scattered:
            obstacles.append(_scattered(mine))
        results.append(result)
    return Gathered(tuple(results), tuple(obstacles))


def _made_inside(name: str, own: set[int], loop: ast.For) -> bool:
    """Whether the body also sets ``name`` outright: then it is no accumulator of this loop."""
    others = [n for s in loop.body for n in walk(s) if isinstance(n, ast.Name) and n.id == name and id(n) not in own]
    return any(not isinstance(n.ctx, ast.Load) for n in others)


def _result(mine: list[Term], loop: ast.For, names: Names) -> Result:
    first = mine[0]
    init, start = _start(first.name, loop, names)
    element, converted = without_conversion(first.element, names)
    reduction = Reduction(
        first.joined,
        start=start,
        identity=identity_of(start, first.operation, names, tree=first.tree is not None) if start is not None else None,
        negated=first.negated,
        python=first.python,
        tree=first.tree,
        bitwise=first.bitwise,
    )
    alone = len(mine) == 1 and first.guard is None
    return Result(
        first.name,
        element if alone else first.element,
        (Sink(None, first.operation, "python", reduction=reduction),),
        init,
        first.statement if alone else None,
        converted if alone else None,
        scattered=() if alone else tuple(term.statement for term in mine),
    )


def _scattered(mine: list[Term]) -> Obstacle:
    name, guard = mine[0].name, next((term.guard for term in mine if term.guard is not None), None)
    if isinstance(guard, ast.If):
        return Obstacle.of("python-branch-on-value", "takes-up-if", guard, total=name, test=guard.test)
    if isinstance(guard, ast.For | ast.While):
        return Obstacle.of("unsupported-shape", "takes-up-repeatedly", guard, total=name)
    if guard is not None:
        inside = type(guard).__name__.lower()
        return Obstacle.of("early-exit", "takes-up-inside", guard, total=name, statement=inside)
    return Obstacle.of("unsupported-shape", "takes-up-several", mine[1].statement, total=name, times=len(mine))


def _start(name: str, loop: ast.For, names: Names) -> tuple[ast.stmt | None, ast.expr | None]:
    """``total = 0.0`` before the loop in the same block, with nothing in between that mentions it; and its value."""
    block, index = names.module.block_of(loop)
    for statement in reversed(block[:index]):
        if not any(isinstance(node, ast.Name) and node.id == name for node in walk(statement)):
            continue
        value = _assigned(statement, name)
        return (statement, value) if value is not None else (None, None)
    return None, None


def _assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    """What ``name`` gets in ``name = value``, ``name = other = value`` and ``name, other = value, more``."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
            return value
        case ast.Assign(targets=targets, value=value) if all(isinstance(one, ast.Name) for one in targets):
            return value if not stored_names([value]) and name not in _names(value) else None
        case ast.Assign(targets=[ast.Tuple(elts=elts)], value=ast.Tuple(elts=values)) if len(elts) == len(values):
            plain = all(isinstance(one, ast.Name) for one in elts)
            pairs = [(one.id, value) for one, value in zip(elts, values, strict=True) if isinstance(one, ast.Name)]
            found = [value for bound, value in pairs if bound == name]
            return found[0] if plain and len(found) == 1 and name not in _names(statement.value) else None
    return None


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in walk(node) if isinstance(child, ast.Name)}


def as_unpacked(results: Sequence[Result], loop: ast.For) -> tuple[Result, ...]:
    """The results in the order in which the body unpacks them, ``w, wx = f(x)``, so that they need no new order."""
    for statement in reversed(loop.body):
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=elts)]):
                order = {one.id: k for k, one in enumerate(elts) if isinstance(one, ast.Name)}
                elements = [r.element.id if isinstance(r.element, ast.Name) else "" for r in results]
                if set(elements) == set(order) and len(elements) == len(order):
                    return tuple(sorted(results, key=lambda r: order[r.element.id]))  # type: ignore[attr-defined]
    return tuple(results)
