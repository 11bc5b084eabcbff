"""What the statement that makes a buffer says of its dtype, and which rows certainly have it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax import stored_names

if TYPE_CHECKING:
    from vmapify.loop.model import LoopModel, Result


def written_dtype(model: LoopModel, result: Result) -> str | None:
    """The text of the dtype of ``jnp.zeros(n, dtype=…)``, ``like.dtype`` of ``zeros_like(like)``; None for the default."""
    value = getattr(result.init, "value", None)
    if not isinstance(value, ast.Call):
        return None
    for keyword in value.keywords:
        if keyword.arg == "dtype":
            return model.module.text(keyword.value)
    name = ast.unparse(value.func).rpartition(".")[2]
    if name.endswith("_like"):
        return f"{model.module.text(value.args[0])}.dtype"
    position = 2 if name == "full" else 1
    return model.module.text(value.args[position]) if len(value.args) > position else None


def is_own_row(model: LoopModel, result: Result) -> bool:
    """Whether the element is the buffer's own row, changed only by ``row = row.at[…].set(…)``: shape and dtype are kept."""
    if not isinstance(result.element, ast.Name) or not model.body:
        return False
    row = result.element.id
    stores = [
        statement
        for outer in model.body
        for statement in ast.walk(outer)
        if isinstance(statement, ast.stmt) and row in stored_names([statement])
    ]
    return bool(stores) and all(_keeps(statement, row, result.name) for statement in stores)


def _keeps(statement: ast.stmt, row: str, buffer: str | None) -> bool:
    """``row = buffer[i]`` and ``row = row.at[…].op(value)``."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Subscript(value=ast.Name(id=base))):
            return target == row and base == buffer
        case ast.Assign(
            targets=[ast.Name(id=target)],
            value=ast.Call(
                func=ast.Attribute(value=ast.Subscript(value=ast.Attribute(value=ast.Name(id=base), attr="at")))
            ),
        ):
            return target == base == row
    return False
