"""How the body of a function uses its parameters: as arrays of some rank, as numbers, as functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Usage:
    """``rank`` is the least number of axes that the uses need, ``exact`` says that it is the number."""

    rank: int = 0
    exact: bool = False
    called: bool = False
    counted: bool = False
    index: bool = False
    attributes: frozenset[str] = frozenset()


def usages(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Usage]:
    """The use of every parameter."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    nodes = list(ast.walk(function))
    return {name: _usage(name, nodes) for name in names}


def _usage(name: str, nodes: list[ast.AST]) -> Usage:
    ranks, exact = [0], False
    for rank, whole in _ranks(name, nodes):
        ranks.append(rank)
        exact = exact or whole
    return Usage(
        rank=max(ranks),
        exact=exact,
        called=any(isinstance(n, ast.Call) and _is(n.func, name) for n in nodes),
        counted=any(_counts(n, name) for n in nodes),
        index=any(isinstance(n, ast.Subscript) and _holds(n.slice, name) for n in nodes),
        attributes=frozenset(n.attr for n in nodes if isinstance(n, ast.Attribute) and _is(n.value, name)),
    )


def _ranks(name: str, nodes: list[ast.AST]) -> Iterator[tuple[int, bool]]:
    """Ranks that single uses show, each with whether it is the whole rank."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Attribute(value=owner, attr="shape")) if _is(
                owner, name
            ):
                yield len(parts), True
            case ast.Subscript(value=ast.Attribute(value=owner, attr="shape"), slice=ast.Constant(value=int(k))) if _is(
                owner, name
            ):
                yield (k + 1 if k >= 0 else -k), False
            case ast.Subscript(value=owner, slice=ast.Tuple(elts=parts)) if _is(owner, name):
                yield len([one for one in parts if not _inserts(one)]), False
            case ast.Subscript(value=owner) if _is(owner, name):
                yield 1, False
            case ast.For(iter=source) | ast.comprehension(iter=source) if _is_iterated(source, name):
                yield 1, False
            case ast.Call(func=ast.Name(id="len"), args=[owner]) if _is(owner, name):
                yield 1, False


def _is_iterated(source: ast.expr, name: str) -> bool:
    """``for x in xs``, ``zip(xs, ys)``, ``enumerate(xs)``."""
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id in {"zip", "enumerate"}:
        return any(_is_iterated(argument, name) for argument in source.args)
    return _is(source, name)


def _counts(node: ast.AST, name: str) -> bool:
    """``range(n)`` and ``jnp.arange(n)``."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return function in {"range", "arange"} and any(_is(argument, name) for argument in node.args)


def _inserts(node: ast.expr) -> bool:
    """``None``, ``jnp.newaxis`` and ``...`` take no axis."""
    match node:
        case ast.Constant(value=value):
            return value in {None, ...}
        case ast.Name(id="newaxis") | ast.Attribute(attr="newaxis"):
            return True
    return False


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _holds(node: ast.AST, name: str) -> bool:
    return any(_is(child, name) for child in ast.walk(node))
