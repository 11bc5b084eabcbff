"""Program slices (Weiser 1984): the statements of a function that the values of some names can depend on.

Most of what stands before a loop has nothing to do with it. A slice here is flow-insensitive, so it may hold too
much: a statement is in it if it may bind or change a wanted name, and what it reads is wanted, too. What decides
whether the statements behind it run at all is always in it.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.library.containers import CHANGING, CHANGING_FUNCTIONS
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vmapify.infer.machine import Machine

COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
NOTHING: frozenset[ast.stmt] = frozenset()
LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True)
class _Facts:
    """``writes``: names that a statement, or the head of a compound one, may bind or change; ``reads``: those it mentions."""

    writes: frozenset[str]
    reads: frozenset[str]


def beside(
    machine: Machine,
    block: Sequence[ast.stmt],
    wanted: Iterable[ast.AST],
    stop: ast.stmt | None = None,
    roots: Iterable[ast.stmt] = (),
) -> frozenset[ast.stmt]:
    """The statements in ``block``, at any depth, that say nothing of the names in ``wanted`` when ``stop`` is reached.

    ``roots`` are wanted themselves.
    """
    every = list(_statements(_until(block, stop)))
    live = {part.id for root in wanted for part in walk(root) if isinstance(part, ast.Name)}
    needed: set[ast.stmt] = {outer for one, around in every if one is stop or one in roots for outer in (one, *around)}
    before = -1
    while before != len(needed):
        before = len(needed)
        for one, around in every:
            if one not in needed and (
                _facts(machine, one).writes & live or _decides(one, around, needed) or _breaks(one, around, needed)
            ):
                needed.add(one)
                needed.update(around)
        live.update(*(_facts(machine, one).reads for one in needed if not isinstance(one, LEAVING)))
    return frozenset(one for one, _ in every if one not in needed)


def beside_returns(machine: Machine, function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[ast.stmt]:
    """The statements of a function that say nothing of what it returns."""
    key = (function, "beside returns")
    if key not in machine.tables:
        returns = [one for one, _ in _statements(function.body) if isinstance(one, ast.Return)]
        machine.tables[key] = beside(machine, function.body, returns, roots=returns)
    return machine.tables[key]  # type: ignore[return-value]


def changed(block: Sequence[ast.stmt]) -> set[str]:
    """The names that ``block`` may bind, and those whose object it may change."""
    return {name for one in block for part in walk(one) for name in _written(part)}


def only_reads(function: ast.FunctionDef) -> bool:
    """Whether a function leaves the objects that it is given as they are."""
    return changed(function.body).isdisjoint(part.arg for part in walk(function.args) if isinstance(part, ast.arg))


def _until(block: Sequence[ast.stmt], stop: ast.stmt | None) -> Sequence[ast.stmt]:
    """``block`` up to the statement that is or holds ``stop``."""
    if stop is None:
        return block
    last = next((k for k, one in enumerate(block) if one.lineno <= stop.lineno <= (one.end_lineno or 0)), len(block))
    later = next((k for k, one in enumerate(block) if one.lineno > stop.lineno), len(block))
    return block[: max(last + 1, later)]


def _decides(node: ast.stmt, around: tuple[ast.stmt, ...], needed: set[ast.stmt]) -> bool:
    """Whether ``node`` may keep what stands behind it in a block that is run from being run."""
    return (not around or around[-1] in needed) and _ends(node)


def _breaks(node: ast.stmt, around: tuple[ast.stmt, ...], needed: set[ast.stmt]) -> bool:
    """Whether ``node`` leaves a loop that is wanted before its end."""
    if not isinstance(node, ast.Break | ast.Continue):
        return False
    loop = next((one for one in reversed(around) if isinstance(one, ast.For | ast.AsyncFor | ast.While)), None)
    return loop in needed


def _statements(
    block: Sequence[ast.stmt], around: tuple[ast.stmt, ...] = ()
) -> Iterable[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    """Every statement with the compound ones around it; definitions are taken whole."""
    for one in block:
        yield one, around
        if isinstance(one, COMPOUND):
            for inner in _blocks(one):
                yield from _statements(inner, (*around, one))


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    parts = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    return [*parts, *(one.body for name in ("handlers", "cases") for one in getattr(node, name, []))]


def _ends(node: ast.stmt) -> bool:
    """Whether what stands behind ``node`` may depend on it for being run at all."""
    match node:
        case ast.If(body=body, orelse=orelse):
            return any(map(_ends, body)) and any(map(_ends, orelse))
        case ast.With() | ast.AsyncWith() | ast.Try() | ast.TryStar():
            return any(_ends(inner) for block in _blocks(node) for inner in block)
    return isinstance(node, LEAVING)


def _facts(machine: Machine, node: ast.stmt) -> _Facts:
    key = (node, "facts")
    if key not in machine.tables:
        machine.tables[key] = _found(node)
    return machine.tables[key]  # type: ignore[return-value]


def _found(node: ast.stmt) -> _Facts:
    nodes = [part for root in _heads(node) for part in walk(root)]
    writes = {name for part in nodes for name in _written(part)}
    writes |= {one.name for one in getattr(node, "handlers", ()) if one.name}
    return _Facts(frozenset(writes), frozenset(part.id for part in nodes if isinstance(part, ast.Name)))


def _heads(node: ast.stmt) -> list[ast.AST]:
    """What a statement is without the blocks in it."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return [test]
        case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
            return [target, source]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return list(items)
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            return [one.type for one in handlers if one.type is not None]
        case ast.Match(subject=subject, cases=cases):
            return [subject, *(one.pattern for one in cases), *(one.guard for one in cases if one.guard is not None)]
    return [node]


def _written(node: ast.AST) -> list[str]:
    """The names that ``node`` itself binds, and those whose object it may change."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.alias(name=name, asname=given):
            return [given or name.split(".")[0]]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()) | ast.Call(func=ast.Attribute(value=owner)):
            return _root(owner)
        case ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()):
            return [name for name in _root(owner) if name != "self"]
        case ast.Expr(value=ast.Call() as call):
            return given_to(call)
    return []


def given_to(call: ast.Call) -> list[str]:
    """The names whose objects a call may change that is made for its effect."""
    called = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given = (*call.args, *(part.value for part in call.keywords)) if called not in _QUIET else ()
    return [part.id for part in given if isinstance(part, ast.Name)]


# called for their effects, these leave what they are given as it is
_QUIET = {*dir(builtins), *CHANGING} - CHANGING_FUNCTIONS


def _root(node: ast.expr) -> list[str]:
    """``rows`` of ``rows[key].inner``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return [node.id] if isinstance(node, ast.Name) else []
