"""Loops directly inside loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.patterns.body import contributions
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


def perfect_nest(loop: ast.For) -> tuple[list[ast.For], Block] | None:
    """``for a in A: for b in B: body``: the levels and the innermost body, if nothing stands between them."""
    levels, body = [loop], loop.body
    while len(body) == 1 and isinstance(body[0], ast.For):
        levels.append(body[0])
        body = body[0].body
    return (levels, body) if len(levels) > 1 else None


def is_inner_of_nest(loop: ast.For, names: Names) -> bool:
    """Whether an enclosing loop is the one to look at: the list is made outside of it."""
    parent = names.module.parents[loop]
    if not isinstance(parent, ast.For) or parent.body != [loop]:
        return False
    inner = {one.name for one in contributions(loop.body)}
    made = {node.id for node in walk(parent) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return bool(inner) and not inner & made
