"""What may change an object of an iteration between the place where something is taken out of it and the end."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.library.containers import CHANGING, CHANGING_FUNCTIONS
from vmapify.syntax import loads, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import LoopModel


def is_changed_later(element: ast.expr, later: Sequence[ast.AST], model: LoopModel) -> bool:
    """Whether ``element``, which takes something out of a container, may be something else behind ``later``, or change it.

    An element that is a name means the container itself, before and after. What changes one object of the iteration
    may change any other one.
    """
    if isinstance(element, ast.Name | ast.Constant) or not later:
        return False
    taken = loads([node.value for node in walk(element) if isinstance(node, ast.Subscript | ast.Attribute)])
    return changes_something(element, model) or any(
        _changes(node, model, taken) for part in later for node in walk(part)
    )


def changes_something(element: ast.expr, model: LoopModel) -> bool:
    """Whether ``element`` may change a container: leaving it out would be seen."""
    return any(_changes(node, model, set()) for node in walk(element))


def _changes(node: ast.AST, model: LoopModel, taken: set[str]) -> bool:
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Subscript(value=ast.Attribute(attr="at")))):
            return False
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in CHANGING:
            return not loads([owner]).isdisjoint(stored_names(model.body))  # `jnp.sort` is none
        case ast.Expr(value=ast.Call()):
            return True
        case ast.Call(func=ast.Name(id=called)) if called in CHANGING_FUNCTIONS:
            return True
        case ast.Call(args=args, keywords=keywords):
            given = (*args, *(keyword.value for keyword in keywords))
            own = taken & stored_names(model.body)
            return any(isinstance(part, ast.Name) and part.id in own for part in given)
    return False
