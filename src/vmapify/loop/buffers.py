"""Lists and buffers: what a statement adds to a list, which rows a loop writes, with which dtype, and which rows keep it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.loop.model import ArraySource
from vmapify.syntax import last_name, loads, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop.model import LoopModel, Result
    from vmapify.loop.reader import Mapping, Visited

PLAIN = {"float", "int", "bool"}  # classes whose Python type names JAX's default dtype of the class
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
DTYPE_AT = {
    **dict.fromkeys(("array", "asarray", "empty", "ones", "zeros", "empty_like", "ones_like", "zeros_like"), 1),
    **dict.fromkeys(("full", "full_like"), 2),
}
"""Where the dtype stands among the arguments of what makes an array."""


@dataclass(frozen=True, slots=True)
class Dtype:
    """The dtype of a buffer as an expression, and its text."""

    node: ast.expr
    text: str


def written_dtype(model: LoopModel, result: Result) -> Dtype | None:
    """The dtype of ``jnp.zeros(n, dtype=…)``, ``like.dtype`` of ``zeros_like(like)``; None for the default."""
    value = getattr(result.init, "value", None)
    if not isinstance(value, ast.Call):
        return None
    name = last_name(value.func) or ""
    position = DTYPE_AT.get(name, len(value.args))
    given = [*value.args[position : position + 1], *(part.value for part in value.keywords if part.arg == "dtype")]
    if given:
        return Dtype(given[-1], model.module.text(given[-1]))
    if not name.endswith("_like") or not value.args:
        return None
    like = value.args[0]
    text = model.module.text(like)
    return Dtype(ast.Attribute(like, "dtype", ast.Load()), f"{text if isinstance(like, ATOMS) else f'({text})'}.dtype")


def cast_dtype(model: LoopModel, result: Result, buffer: Value | None, row: Value) -> Dtype | None:
    """The dtype that rows must be cast to: that of the buffer, where it is written or certainly another."""
    written = written_dtype(model, result)
    if written is not None or buffer is None or buffer.dtype == row.dtype or not {buffer.dtype, row.dtype} <= PLAIN:
        return written
    if buffer.dtype is None or (buffer.dtype == "float" and not _is_constructed(result)):
        return None
    return Dtype(ast.Name(buffer.dtype, ast.Load()), buffer.dtype)


def _is_constructed(result: Result) -> bool:
    """``jnp.zeros(n)``: a float of JAX's default precision."""
    value = getattr(result.init, "value", None)
    return isinstance(value, ast.Call) and last_name(value.func) in {"zeros", "ones", "empty"}


def scattered(model: LoopModel, result: Result) -> ast.expr | None:
    """``order`` where ``for i in order`` writes row ``i``; None where the index counts."""
    index = result.sinks[0].index
    if index is None:
        return None
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    part = parts[result.sinks[0].axis] if result.sinks[0].axis < len(parts) else None
    for source in model.spaces[0].sources if model.spaces else ():
        if isinstance(source, ArraySource) and not source.reverse and _same_name(source.target, part):
            return source.expr
    return None


def literal_rows(order: ast.expr) -> list[int] | None:
    """The indices of ``[0, 2, 1]``; None if they are not written out."""
    rows = [part.value for part in getattr(order, "elts", []) if isinstance(part, ast.Constant)]
    written = isinstance(order, ast.List | ast.Tuple) and len(rows) == len(order.elts)
    return [row for row in rows if isinstance(row, int)] if written else None


def counts(model: LoopModel, result: Result) -> bool:
    """Whether a part of the written index is the loop's own index (or a row of ``for i in order``), give or take a constant."""
    index = result.sinks[0].index
    targets = {s.target.id for space in model.spaces for s in space.sources if isinstance(s.target, ast.Name)}
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(_shifted(part) in targets for part in parts)


def _shifted(part: ast.expr | None) -> str | None:
    match part:
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add() | ast.Sub(), right=ast.Constant()):
            return name
        case ast.BinOp(left=ast.Constant(), op=ast.Add(), right=ast.Name(id=name)):
            return name
    return None


def _same_name(one: ast.expr, other: ast.expr | None) -> bool:
    return isinstance(one, ast.Name) and isinstance(other, ast.Name) and one.id == other.id


def is_own_row(model: LoopModel, result: Result) -> bool:
    """Whether the element is the buffer's own row, changed only by ``row = row.at[…].set(…)``: shape and dtype are kept."""
    if not isinstance(result.element, ast.Name) or not model.body:
        return False
    row = result.element.id
    stores = [
        statement
        for outer in model.body
        for statement in walk(outer)
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


def written_rows(result: Result, mapping: Mapping) -> Visited | None:
    """The rows of the buffer that the loop writes: what the index in ``out.at[i + c]`` visits, moved by ``c``."""
    names = loads(_written_part(result))
    visited = next((visited for name, visited in mapping.bounds.items() if name in names), None)
    if visited is None:
        return None
    more = write_offset(result)
    return replace(visited, start=visited.start.plus(more), stop=visited.stop.plus(more))


def _written_part(result: Result) -> ast.expr:
    """The entry of the written index that moves with the loop."""
    index = result.sinks[0].index
    assert index is not None
    return index.elts[result.sinks[0].axis] if isinstance(index, ast.Tuple) else index


def write_offset(result: Result) -> int:
    """``c`` of ``out.at[i + c]``."""
    match _written_part(result):
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=int() as more)):
            return more
        case ast.BinOp(op=ast.Sub(), right=ast.Constant(value=int() as less)):
            return -less
        case ast.BinOp(left=ast.Constant(value=int() as more)):
            return more
    return 0


def grown(statement: ast.stmt) -> tuple[ast.expr, list[ast.expr]] | None:
    """The collector that ``statement`` adds to, and what it gets."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=collector, attr="append"), args=[element], keywords=[])):
            return collector, [element]
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
            return collector, elements
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=left) as collector, op=ast.Add(), right=ast.List(elts=[element])),
        ) if name == left:
            return collector, [element]
    return None
