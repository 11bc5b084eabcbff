"""From the batched result to what the loop's collector made of the list: axis, rank, container, dtype."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import ARRAYS, Kind, Linear
from vmapify.infer.expressions import extent

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.rewrite.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Collected:
    """``out_axis`` for ``vmap``, and ``text`` with ``{}`` where the batched result goes.

    ``element`` is what an iteration gives instead, if the collector swallows a part of it (``x[None]``).
    """

    out_axis: int
    text: str
    element: ast.expr | None = None


def collected(model: LoopModel, result: Result, sink: Sink, value: Value, words: Spelling) -> Collected | None:
    """How ``sink`` is restored after ``vmap``; None if it cannot be."""
    if sink.library == "numpy":
        return _numpy(model, result, sink, words)
    match sink.collector:
        case "stack" | "tree":
            return Collected(sink.axis, "{}")
        case "array":
            return Collected(0, _cast("{}", sink, model))
        case "concatenate":
            return _concatenate(model, result, sink, words)
        case "vstack":
            return _by_rank(value, {1: Collected(0, "{}"), 0: Collected(0, "{}[:, None]")}, f"{words.jnp}.vstack({{}})")
        case "hstack":
            return _by_rank(value, {0: Collected(0, "{}")}, f"{words.jnp}.hstack({{}})")
        case "column_stack":
            return _by_rank(value, {1: Collected(1, "{}")}, f"{words.jnp}.column_stack({{}})")
        case "dstack":
            return _by_rank(value, {2: Collected(2, "{}")}, f"{words.jnp}.dstack({{}})")
    return None


def _cast(text: str, sink: Sink, model: LoopModel) -> str:
    return f"{text}.astype({model.module.text(sink.dtype)})" if sink.dtype is not None else text


def _by_rank(value: Value, by_rank: dict[int, Collected], general: str) -> Collected:
    """The short form for a rank that is known; the collector itself takes a batched array of any rank."""
    rank = len(value.shape) if value.shape is not None and value.kind in ARRAYS else None
    return by_rank.get(rank, Collected(0, general)) if rank is not None else Collected(0, general)


def _concatenate(model: LoopModel, result: Result, sink: Sink, words: Spelling) -> Collected:
    """Joining ``row[None]`` along axis 0 is stacking ``row``."""
    match result.element:
        case ast.Subscript(value=inner, slice=ast.Constant(value=None)) if sink.axis == 0:
            return Collected(0, "{}", inner)
        case ast.Subscript(
            value=inner, slice=ast.Tuple(elts=[ast.Constant(value=None), ast.Constant(value=value)])
        ) if sink.axis == 0 and value is ...:
            return Collected(0, "{}", inner)
    axis = f", axis={sink.axis}" if sink.axis else ""
    return Collected(0, f"{words.jnp}.concatenate({{}}{axis})")


def _numpy(model: LoopModel, result: Result, sink: Sink, words: Spelling) -> Collected | None:
    """NumPy collectors give a fresh writable array; Python floats among them give float64."""
    numpy = words.numpy
    dtype = model.module.text(sink.dtype) if sink.dtype is not None else None
    if dtype is None and result.converted in {"float", "int"}:
        dtype = result.converted
    if dtype is None and result.converted == "item":
        return None  # float64, int64 or bool, whatever `.item()` gives
    with_dtype = f", dtype={dtype}" if dtype is not None else ""
    match sink.collector:
        case "stack":
            return Collected(sink.axis, f"{numpy}.array({{}}{with_dtype})")
        case "array":
            return Collected(0, f"{numpy}.array({{}}{with_dtype})")
        case "concatenate" | "vstack" | "hstack" | "column_stack" | "dstack" if result.converted in {None, "numpy"}:
            axis = f", axis={sink.axis}" if sink.axis else ""
            return Collected(0, f"{numpy}.{sink.collector}({numpy}.asarray({{}}){axis})")
    return None


@dataclass(frozen=True, slots=True)
class Filled:
    """How a buffer is filled: ``text`` with ``{}`` for the batched result; ``replaces_init`` if nothing of it is left."""

    text: str
    out_axis: int
    replaces_init: bool
    in_place: bool = False


def filled(
    model: LoopModel, result: Result, rows: str | None, buffer: Value | None, row: Value, count: Linear | None, words: Spelling
) -> Filled | None:
    """How ``out = out.at[rows].set(…)`` is written; ``rows=None``: certainly all of them."""
    sink = result.sinks[0]
    axis = sink.axis
    whole = buffer is not None and _covers(buffer, axis, count)
    if sink.library == "numpy":
        return _filled_numpy(model, result, rows if not whole else None, whole, words)
    own = _reads_itself(model, result)
    if whole and sink.method == "set" and not own and _same_rank(buffer, row):
        return Filled(_cast_to_buffer(model, result, buffer, row), axis, replaces_init=True)
    if whole and sink.method == "set" and own:
        return Filled("{}", axis, replaces_init=False)
    index = f"{':, ' * axis}{rows or ':'}"
    if not _same_rank(buffer, row) and buffer is not None and buffer.shape is not None and row.shape is not None:
        return None
    return Filled(f"{result.name}.at[{index}].{sink.method}({{}})", axis, replaces_init=False)


def _covers(buffer: Value, axis: int, count: Linear | None) -> bool:
    return count is not None and extent(buffer, axis) == count


def _same_rank(buffer: Value | None, row: Value) -> bool:
    """Whether a row of the buffer and a result have (as far as known) the same rank: `.set` broadcasts, vmap does not."""
    if buffer is None or buffer.shape is None:
        return True
    if row.kind is Kind.NUMBER:
        return len(buffer.shape) == 1
    return row.shape is None or len(row.shape) == len(buffer.shape) - 1


def _reads_itself(model: LoopModel, result: Result) -> bool:
    nodes = [*model.body, *(other.element for other in model.results)]
    return any(isinstance(n, ast.Name) and n.id == result.name for node in nodes for n in ast.walk(node))


def _cast_to_buffer(model: LoopModel, result: Result, buffer: Value | None, row: Value) -> str:
    """The buffer's dtype wins over that of the rows: cast where they may differ."""
    dtype = _buffer_dtype(model, result)
    if dtype is None or (buffer is not None and buffer.dtype == row.dtype == "float"):
        return "{}"
    return f"{{}}.astype({dtype})"


def _buffer_dtype(model: LoopModel, result: Result) -> str | None:
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


def _filled_numpy(model: LoopModel, result: Result, rows: str | None, whole: bool, words: Spelling) -> Filled:
    axis = result.sinks[0].axis
    value = getattr(result.init, "value", None)
    name = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
    if whole and name in {"zeros", "empty", "ones"}:
        dtype = _buffer_dtype(model, result) or "float"
        return Filled(f"{words.numpy}.array({{}}, dtype={dtype})", axis, replaces_init=True)
    return Filled(f"{result.name}[{':, ' * axis}{rows or ':'}] = {{}}", axis, replaces_init=False, in_place=True)
