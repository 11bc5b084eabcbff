"""The body of a ``for`` statement: its statements, and those that no per-example function can hold."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.patterns.contributions import Append

NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LEAVING = {
    ast.Break: "break",
    ast.Continue: "continue",
    ast.Return: "return",
    ast.Raise: "raise",
}


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


def guard_obstacle(contribution: Append, every: Sequence[Append] = ()) -> Obstacle:
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
