"""Which names an expression or a statement reads and writes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def dotted(node: ast.expr) -> tuple[str, ...] | None:
    """``("jnp", "linalg", "norm")`` for ``jnp.linalg.norm``; None for anything that is not a dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return tuple(reversed(parts))


def last_name(node: ast.AST) -> str | None:
    """``norm`` for ``jnp.linalg.norm`` and for ``f(x).norm``; None for anything that is no name and no attribute."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def root_name(node: ast.AST) -> str | None:
    """``xs`` for ``xs``, ``xs.T`` and ``xs["a"].shape[0]``; None where the place does not start at a name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def names_in(node: ast.AST | Iterable[ast.AST], context: type[ast.expr_context]) -> Iterator[ast.Name]:
    """The ``Name`` nodes below ``node`` used in ``context``, nested functions and comprehensions included."""
    roots = [node] if isinstance(node, ast.AST) else list(node)
    for root in roots:
        for child in walk(root):
            if isinstance(child, ast.Name) and isinstance(child.ctx, context):
                yield child


def loads(node: ast.AST | Iterable[ast.AST]) -> set[str]:
    """Names read anywhere below ``node``; ``x += 1`` reads ``x``."""
    roots = [node] if isinstance(node, ast.AST) else list(node)
    read = {name.id for name in names_in(roots, ast.Load)}
    for root in roots:
        for child in walk(root):
            if isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
                read.add(child.target.id)
    return read


def stores(node: ast.AST | Iterable[ast.AST]) -> set[str]:
    """Names bound or deleted anywhere below ``node``, nested scopes included."""
    roots = [node] if isinstance(node, ast.AST) else list(node)
    return {name.id for root in roots for name in names_in(root, ast.Store)} | {
        name.id for root in roots for name in names_in(root, ast.Del)
    }
