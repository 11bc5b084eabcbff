"""Wrap the loops that are to be timed: ``with CLOCK(key):`` around their statements, and a count of their rows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLOCK = "__vmapify_clock__"
"""Name of the clock in ``builtins``."""
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TimedLoop:
    """A loop by where it starts and ends, and where its results are stacked: lines from 1, columns in bytes from 0."""

    key: int
    path: str
    cell: int | None
    start: Place
    end: Place
    last: Place


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The statements of a loop: those of ``block`` from ``first`` to ``last``, both included."""

    loop: TimedLoop
    block: list[ast.stmt]
    first: int
    last: int


def timed_loops(raw: Iterable[dict[str, Any]]) -> tuple[TimedLoop, ...]:
    """The loops of a plan."""
    places = ("start", "end", "last")
    return tuple(TimedLoop(**{**one, **{name: tuple(one[name]) for name in places}}) for one in raw)


def timed(source: bytes, path: str, loops: Iterable[TimedLoop]) -> tuple[ast.Module, set[int]]:
    """The file's tree with a clock around each loop, and the keys of the loops that were found.

    A ``with`` statement leaves ``return``, ``break`` and exceptions as they are. Lines in tracebacks stay right.
    """
    tree = ast.parse(source, filename=path)
    starts = {(loop.key, id(block)): index for loop in loops for block, index in _holding(tree, loop)}
    wanted = {loop.key: loop for loop in loops}
    taken = [(block, index) for key, block, index in _located(tree, starts)]
    found = [_stretch(wanted[key], block, index, taken) for key, block, index in _located(tree, starts)]
    # later and wider stretches last, so that the positions of the others still hold
    for stretch in sorted(found, key=lambda one: (-one.first, one.last)):
        _wrap(stretch)
    return tree, {stretch.loop.key for stretch in found}


def _located(tree: ast.AST, starts: dict[tuple[int, int], int]) -> list[tuple[int, list[ast.stmt], int]]:
    blocks = {id(block): block for block in _blocks(tree)}
    return [(key, blocks[block], index) for (key, block), index in starts.items()]


def _holding(tree: ast.AST, loop: TimedLoop) -> list[tuple[list[ast.stmt], int]]:
    """The innermost statement around a loop, as its block and position; nothing if that is more than the loop's."""
    inner: tuple[list[ast.stmt], int] | None = None
    for block in _blocks(tree):
        for index, statement in enumerate(block):
            if _start(statement) <= loop.start and loop.end <= _end(statement):
                inner = block, index  # blocks come from the outside in
    if inner is None:
        return []
    statement = inner[0][inner[1]]
    compound = bool([block for block in _blocks(statement) if block])
    return [] if compound and _start(statement) != loop.start else [inner]


def _stretch(loop: TimedLoop, block: list[ast.stmt], first: int, taken: list[tuple[list[ast.stmt], int]]) -> _Stretch:
    """Up to the statement that stacks the results, if it stands in the same block and no other loop in between."""
    others = {index for other, index in taken if other is block}
    for last in range(first, len(block)):
        if last > first and last in others:
            break
        if _start(block[last]) <= loop.last <= _end(block[last]):
            return _Stretch(loop, block, first, last)
    return _Stretch(loop, block, first, first)


def _wrap(stretch: _Stretch) -> None:
    statements = stretch.block[stretch.first : stretch.last + 1]
    _count_rows(stretch.loop, statements[0])
    for statement in statements:
        if isinstance(statement, ast.Return) and statement.value is not None:
            statement.value = _call("result", stretch.loop.key, statement.value)
    bound = sorted({node.id for one in statements for node in ast.walk(one) if _is_bound(node)})
    names = ast.copy_location(ast.Tuple([ast.Constant(name) for name in bound], ast.Load()), statements[0])
    item = ast.withitem(_call(None, stretch.loop.key, names))
    around = ast.copy_location(ast.With([item], statements), statements[0])
    around.end_lineno, around.end_col_offset = _end(statements[-1])
    stretch.block[stretch.first : stretch.last + 1] = [around]


def _count_rows(loop: TimedLoop, statement: ast.stmt) -> None:
    """Let what the loop runs over pass by the clock."""
    if isinstance(statement, ast.For):
        statement.iter = _call("rows", loop.key, statement.iter)
        return
    for node in ast.walk(statement):
        if isinstance(node, COMPREHENSIONS) and loop.start <= _start(node) and _end(node) <= loop.end:
            first = node.generators[0]
            if not first.is_async:
                first.iter = _call("rows", loop.key, first.iter)
            return


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _call(method: str | None, key: int, value: ast.expr) -> ast.expr:
    clock = ast.Name(CLOCK, ast.Load())
    function = clock if method is None else ast.Attribute(clock, method, ast.Load())
    call = ast.Call(function, [ast.Constant(key)], [])
    call.args.append(value)
    for node in ast.walk(call):
        if isinstance(node, ast.expr) and not hasattr(node, "lineno"):
            ast.copy_location(node, value)
    return call


def _start(node: Any) -> Place:
    return node.lineno, node.col_offset


def _end(node: Any) -> Place:
    return node.end_lineno, node.end_col_offset


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value
