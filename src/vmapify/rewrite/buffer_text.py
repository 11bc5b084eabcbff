"""Buffers: how ``out = out.at[i].set(…)`` and ``out[i] = …`` are written without the loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import Kind, Linear
from vmapify.infer.expressions import extent
from vmapify.loop.buffers import cast_dtype, is_own_row, written_dtype
from vmapify.loop.restore import AS_IS, Assignment, Call, Method, Restore, Update
from vmapify.rewrite.collector_text import Filled
from vmapify.syntax import last_name, names_in, same_code
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.spelling import Spelling


def filled(
    model: LoopModel,
    result: Result,
    rows: str | None,
    buffer: Value | None,
    row: Value,
    count: Linear | None,
    words: Spelling,
) -> Filled | None:
    """How ``out = out.at[rows].set(…)`` is written; ``rows=None``: certainly all of them."""
    sink = result.sinks[0]
    axis = sink.axis
    whole = buffer is not None and _covers(buffer, axis, count)
    if sink.library == "numpy":
        return _filled_numpy(model, result, rows if not whole else None, whole, words)
    own = _reads_itself(model, result)
    whole = whole or (own and rows is None)
    if whole and sink.method == "set" and not own and same_rank(buffer, row):
        return Filled(_cast_to_buffer(model, result, buffer, row), axis, replaces_init=True)
    if whole and sink.method == "set" and own:
        kept = is_own_row(model, result)
        return Filled(AS_IS if kept else _cast_to_buffer(model, result, buffer, row), axis, replaces_init=False)
    index = f"{':, ' * axis}{rows or ':'}"
    if not same_rank(buffer, row):
        return None
    return Filled(Restore((Update(result.name or "", index, str(sink.method)),)), axis, replaces_init=False)


def _covers(buffer: Value, axis: int, count: Linear | None) -> bool:
    return count is not None and extent(buffer, axis) == count


def same_rank(buffer: Value | None, row: Value) -> bool:
    """Whether a row of the buffer and a result have (as far as known) the same rank: `.set` broadcasts, vmap does not."""
    if buffer is None or buffer.shape is None:
        return True
    if row.kind is Kind.NUMBER:
        return len(buffer.shape) == 1
    return row.shape is None or len(row.shape) == len(buffer.shape) - 1


def _reads_itself(model: LoopModel, result: Result) -> bool:
    nodes = [*model.body, *(other.element for other in model.results)]
    return any(isinstance(n, ast.Name) and n.id == result.name for node in nodes for n in walk(node))


def _cast_to_buffer(model: LoopModel, result: Result, buffer: Value | None, row: Value) -> Restore:
    """The buffer's dtype wins over that of the rows."""
    dtype = cast_dtype(model, result, buffer, row)
    computed = _computed(model, result)
    return AS_IS if dtype is None or _is_cast_to(dtype.node, computed) else Restore((Method("astype", dtype.text),))


def _computed(model: LoopModel, result: Result) -> ast.expr:
    """The expression behind ``row`` in ``row = f(x).astype(dtype)`` and ``out = out.at[i].set(row)``."""
    element = result.element
    if not isinstance(element, ast.Name) or [n.id for n in names_in(model.body, ast.Store)].count(element.id) != 1:
        return element
    for statement in model.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == element.id:
                return value
    return element


def _is_cast_to(dtype: ast.expr, element: ast.expr) -> bool:
    """``f(x).astype(dtype)`` needs no other cast."""
    match element:
        case ast.Call(func=ast.Attribute(attr="astype"), args=[given], keywords=[]):
            return same_code(given, dtype)
    return False


def _filled_numpy(model: LoopModel, result: Result, rows: str | None, whole: bool, words: Spelling) -> Filled:
    axis = result.sinks[0].axis
    value = getattr(result.init, "value", None)
    name = last_name(value.func) if isinstance(value, ast.Call) else None
    if whole and words.numpy and name in {"zeros", "empty", "ones"}:
        dtype = written_dtype(model, result)
        text = dtype.text if dtype is not None else "float"
        return Filled(Restore((Call(f"{words.numpy}.array", behind=(f"dtype={text}",)),)), axis, replaces_init=True)
    return Filled(Restore((Assignment(f"{result.name}[{':, ' * axis}{rows or ':'}]"),)), axis, replaces_init=False)
