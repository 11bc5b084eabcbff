"""The body of a ``for`` statement: contributions to lists, and what no per-example function can hold."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LEAVING = {
    ast.Break: "break",
    ast.Continue: "continue",
    ast.Return: "return",
    ast.Raise: "raise",
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """``results.append(element)``: ``guard`` is the statement that makes it conditional or repeated, if any.

    ``key`` is that of a list in a dict, ``results["loss"].append(element)``.
    """

    name: str
    element: ast.expr
    statement: ast.stmt
    guard: ast.stmt | None
    key: str | None = None


def contributions(body: Sequence[ast.stmt]) -> list[Contribution]:
    """Everything a loop body adds to lists, in source order; several in a row for ``results.extend([a, b])``."""
    return [
        Contribution(name, element, statement, guard, key)
        for statement, guard in statements_in(body, None)
        for collector, elements in _added(statement)
        for name, key in _named(collector)
        for element in elements
    ]


def statements_in(
    body: Sequence[ast.stmt], guard: ast.stmt | None = None
) -> Iterator[tuple[ast.stmt, ast.stmt | None]]:
    """The statements of ``body`` at any depth, each with the statement of ``body`` that holds it, if that is another."""
    for statement in body:
        yield statement, guard
        if isinstance(statement, NESTED):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from statements_in(getattr(statement, field, []), guard or statement)
        for handler in getattr(statement, "handlers", []):
            yield from statements_in(handler.body, guard or statement)


def _added(statement: ast.stmt) -> list[tuple[ast.expr, list[ast.expr]]]:
    """The collectors that ``statement`` adds to, each with what it gets."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=collector, attr="append"), args=[element], keywords=[])):
            return [(collector, [element])]
        case (
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=collector, attr="extend"),
                    args=[ast.List(elts=elements) | ast.Tuple(elts=elements)],
                    keywords=[],
                )
            )
            | ast.AugAssign(target=collector, op=ast.Add(), value=ast.List(elts=elements))
        ) if elements and not any(isinstance(element, ast.Starred) for element in elements):
            return [(collector, elements)]
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=left) as collector, op=ast.Add(), right=ast.List(elts=[element])),
        ) if name == left:
            return [(collector, [element])]
    return []


def _named(collector: ast.expr) -> list[tuple[str, str | None]]:
    """The name of a list, or that of a dict of lists with the key; nothing for any other collector."""
    match collector:
        case ast.Name(id=name):
            return [(name, None)]
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
            return [(name, key)]
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"),
            args=[ast.Constant(value=str() as key), ast.List(elts=[])],
            keywords=[],
        ):
            return [(name, key)]
    return []


def leaving(loop: ast.For) -> Iterator[Obstacle]:
    """Statements that end an iteration or the loop early, or that wrap an iteration."""
    if loop.orelse:
        yield Obstacle.of("early-exit", "else", loop.orelse[0])
    yield from _leaving(loop.body, in_loop=False)


def _leaving(body: Sequence[ast.stmt], *, in_loop: bool) -> Iterator[Obstacle]:
    for statement in body:
        leaves = LEAVING.get(type(statement))
        inner_exit = in_loop and isinstance(statement, ast.Break | ast.Continue)
        if leaves is not None and not inner_exit:
            yield Obstacle.of("early-exit", leaves, statement)
        if isinstance(statement, ast.Try | ast.TryStar):
            yield Obstacle.of("early-exit", "try", statement)
        if isinstance(statement, ast.With | ast.AsyncWith):
            what = ", ".join(ast.unparse(item.context_expr) for item in statement.items)
            yield Obstacle.of("side-effect", "with", statement, contexts=what)
        if isinstance(statement, ast.Delete | ast.Import | ast.ImportFrom):
            yield Obstacle.of("side-effect", "movable-statement", statement, statement=statement)
        if isinstance(statement, ast.Global | ast.Nonlocal):
            yield Obstacle.of("side-effect", "declaration", statement, statement=statement)
        if isinstance(statement, NESTED):
            continue
        deeper = in_loop or isinstance(statement, ast.For | ast.While)
        for field in ("body", "orelse", "finalbody"):
            yield from _leaving(getattr(statement, field, []), in_loop=deeper)
        for handler in getattr(statement, "handlers", []):
            yield from _leaving(handler.body, in_loop=deeper)


def _once(guard: ast.If, growing: set[ast.stmt]) -> bool:
    """Whether each branch of ``guard`` has exactly one of the statements ``growing``."""
    arms = [guard.body, guard.orelse]
    if len(guard.orelse) == 1 and isinstance(guard.orelse[0], ast.If):
        return sum(statement in growing for statement in guard.body) == 1 and _once(guard.orelse[0], growing)
    return all(sum(statement in growing for statement in arm) == 1 for arm in arms)


def guard_obstacle(contribution: Contribution, every: Sequence[Contribution] = ()) -> Obstacle:
    """Why a contribution that is not made exactly once an iteration cannot be stacked by ``vmap``.

    ``every`` are all contributions to the same list.
    """
    guard = contribution.guard
    assert guard is not None
    name = contribution.name
    if isinstance(guard, ast.If):
        if _once(guard, {one.statement for one in every}):
            return Obstacle.of("unsupported-shape", "grows-in-branches", guard, list=name, test=guard.test)
        return Obstacle.of("ragged-shapes", "grows-if", guard, list=name, test=guard.test)
    if isinstance(guard, ast.For | ast.While):
        return Obstacle.of("ragged-shapes", "grows-repeatedly", guard, list=name)
    return Obstacle.of("early-exit", "grows-inside", guard, list=name, statement=type(guard).__name__.lower())
