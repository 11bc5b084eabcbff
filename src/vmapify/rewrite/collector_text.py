"""From the batched result to what the loop's collector made of the list: axis, rank, container, dtype."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import ARRAYS, Kind
from vmapify.loop.restore import AS_IS, Access, Assignment, Call, Method, Restore, Update

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.rewrite.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Collected:
    """``out_axis`` for ``vmap``, and what makes of the batched result what the collector made.

    ``element`` is what an iteration gives instead, if the collector swallows a part of it (``x[None]``).
    ``keeps_sink``: the collector takes the batched array as it took the list, so the call may stay as it is.
    ``places``: what each of several stack calls becomes, where they take different parts of the batched result.
    """

    out_axis: int
    restore: Restore = AS_IS
    element: ast.expr | None = None
    keeps_sink: bool = False
    places: tuple[tuple[ast.expr, Restore], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the batched result needs no restoring."""
        return self.restore == AS_IS


@dataclass(frozen=True, slots=True)
class Filled:
    """How a buffer is filled with the batched result; ``replaces_init`` if nothing of it is left."""

    restore: Restore
    out_axis: int
    replaces_init: bool

    @property
    def is_plain(self) -> bool:
        """Whether the batched result is the new buffer."""
        return self.restore == AS_IS

    @property
    def in_place(self) -> bool:
        """Whether it is a statement of its own (``out[:n] = …``), not a value."""
        return isinstance(self.restore.outermost, Assignment)

    @property
    def update(self) -> Update | None:
        """How it is made of another array, if it is (``out.at[:n].set(…)``)."""
        return self.restore.outermost if isinstance(self.restore.outermost, Update) else None


Way = Collected | Filled
COLUMN = Restore((Access("[:, None]"),))


def collected(model: LoopModel, result: Result, sink: Sink, value: Value, words: Spelling) -> Way | None:
    """How ``sink`` is restored after ``vmap``; None if it cannot be."""
    if sink.dtype is not None and sink.collector not in {"stack", "array"} and sink.library == "jax":
        return None
    if sink.library == "numpy" and not words.numpy:
        return None
    if sink.library == "numpy":
        return _numpy(model, result, sink, value, words) if sink.collector != "zip" else None
    match sink.collector:
        case "stack":
            return Collected(sink.axis, _cast(_as_number(result, value, sink), sink, model))
        case "tree":
            return Collected(sink.axis, _cast(AS_IS, sink, model))
        case "zip":
            return _columns(sink, value)
        case "array":
            return Collected(0, _cast(_as_number(result, value, sink), sink, model))
        case "concatenate":
            return _concatenate(result, sink, words)
        case "vstack":
            return _by_rank(value, {1: Collected(0), 0: Collected(0, COLUMN)}, f"{words.jnp}.vstack")
        case "hstack":
            return _by_rank(value, {0: Collected(0)}, f"{words.jnp}.hstack")
        case "column_stack":
            return _by_rank(value, {1: Collected(1)}, f"{words.jnp}.column_stack")
        case "dstack":
            return _by_rank(value, {2: Collected(2)}, f"{words.jnp}.dstack")
    return None


def kept_list(model: LoopModel, result: Result, value: Value, words: Spelling) -> Way | None:
    """How a list that nothing stacks is made of the batched result; None if its entries would be of another type."""
    entries, sink = _entries(result, value), result.sinks[0]
    if entries is None or (sink.container == "numpy" and not words.numpy):
        return None
    if sink.container == "numpy":
        if result.converted == "item":
            return None  # float64, int64 or bool, whatever `.item()` gives
        numbers = (f"dtype={result.converted}",) if result.converted in {"float", "int"} else ()
        restore = Restore((Call(f"{words.numpy}.asarray", behind=numbers),))
    elif sink.container == "array":
        restore = AS_IS
    else:
        held = sink.container == "tuple" or entries == AS_IS
        restore = entries.then(Call(str(sink.container))) if held else entries
    return Filled(restore, 0, replaces_init=True) if isinstance(model.loop, ast.For) else Collected(0, restore)


def _entries(result: Result, value: Value) -> Restore | None:
    """What has the entries of the list: the rows themselves, or Python numbers."""
    if value.kind is not Kind.ARRAY or value.index:
        return None
    if result.converted is None:
        return AS_IS
    if result.converted == "numpy" or value.shape not in {(), None}:
        return None  # that a row of unknown shape is a single number is assumed: `output-dtype`
    return _converted(result.converted, value).then(Method("tolist"))


def _columns(sink: Sink, value: Value) -> Collected | None:
    """The columns of ``zip(*results)``, stacked: what ``vmap`` gives is a tuple or list of them already."""
    if sink.dtype is not None:
        return None
    alike = {Kind.TUPLE: "tuple", Kind.LIST: "list"}.get(value.kind) == sink.container
    return Collected(sink.axis, AS_IS if alike else Restore((Call(str(sink.container)),)))


def _cast(restore: Restore, sink: Sink, model: LoopModel) -> Restore:
    return restore.then(Method("astype", model.module.text(sink.dtype))) if sink.dtype is not None else restore


def _as_number(result: Result, value: Value, sink: Sink) -> Restore:
    """The rows cast as ``float(y)`` or ``int(y)`` does where ``y`` is shown to be of another kind; a dtype may do it."""
    rounds = sink.dtype is None or result.converted == "int"
    return _converted(result.converted, value) if rounds else AS_IS


def _converted(converted: str | None, value: Value) -> Restore:
    other = {"float": {"int", "bool"}, "int": {"float", "bool"}}.get(converted or "", set())
    return Restore((Method("astype", converted or ""),)) if value.dtype in other else AS_IS


def _by_rank(value: Value, by_rank: dict[int, Collected], general: str) -> Collected:
    """The short form for a rank that is known; the collector itself takes a batched array of any rank."""
    rank = len(value.shape) if value.shape is not None and value.kind in ARRAYS else None
    kept = Collected(0, Restore((Call(general),)), keeps_sink=True)
    return by_rank.get(rank, kept) if rank is not None else kept


def _concatenate(result: Result, sink: Sink, words: Spelling) -> Collected:
    """Joining ``row[None]`` along axis 0 is stacking ``row``."""
    match result.element:
        case ast.Subscript(value=inner, slice=ast.Constant(value=None)) if sink.axis == 0:
            return Collected(0, element=inner)
        case ast.Subscript(
            value=inner, slice=ast.Tuple(elts=[ast.Constant(value=None), ast.Constant(value=value)])
        ) if sink.axis == 0 and value is ...:
            return Collected(0, element=inner)
    return Collected(0, Restore((Call(f"{words.jnp}.concatenate", behind=_along(sink)),)), keeps_sink=True)


def _along(sink: Sink) -> tuple[str, ...]:
    return (f"axis={sink.axis}",) if sink.axis else ()


def _numpy(model: LoopModel, result: Result, sink: Sink, value: Value, words: Spelling) -> Collected | None:
    """NumPy collectors give a fresh writable array; Python floats among them give float64."""
    numpy = words.numpy
    dtype = model.module.text(sink.dtype) if sink.dtype is not None else None
    if dtype is None and result.converted in {"float", "int"}:
        dtype = result.converted
    if dtype is None and value.index:
        dtype = "int"
    if dtype is None and result.converted == "item":
        return None  # float64, int64 or bool, whatever `.item()` gives
    array = Call(f"{numpy}.array", behind=(f"dtype={dtype}",) if dtype is not None else ())
    match sink.collector:
        case "stack":
            return Collected(sink.axis, Restore((array,)))
        case "array":
            return Collected(0, Restore((array,)))
        case "concatenate" | "vstack" | "hstack" | "column_stack" | "dstack" if result.converted in {
            None,
            "numpy",
        }:
            joined = Call(f"{numpy}.{sink.collector}", behind=_along(sink))
            return Collected(0, Restore((Call(f"{numpy}.asarray"), joined)))
    return None
