"""Loops directly inside loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax import binding_names, loads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.patterns.contributions import Contributions
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


def perfect_nest(loop: ast.For) -> tuple[list[ast.For], Block] | None:
    """``for a in A: for b in B: body``: the levels and the innermost body, if nothing stands between them."""
    levels, body = [loop], loop.body
    while len(body) == 1 and isinstance(body[0], ast.For):
        levels.append(body[0])
        body = body[0].body
    return (levels, body) if len(levels) > 1 else None


def is_inner_of_nest(loop: ast.For, found: Contributions, names: Names) -> bool:
    """Whether an enclosing loop is the one to look at: the lists are made outside of it, or it moves what is written."""
    parent = names.module.parents[loop]
    if not isinstance(parent, ast.For) or parent.body != [loop]:
        return False
    lists = {one.name for one in found.appends}
    made = {node.id for node in walk(parent) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if lists and not lists & made:
        return True
    outer = set(binding_names(parent.target))
    return any(outer & loads(write.index) for write in found.writes if write.guard is None)
