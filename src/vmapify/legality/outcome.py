"""What the iterations give: arrays that depend on the lane, or something ``vmap`` cannot stack."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import Kind, Value, holds_tracer
from vmapify.infer.expressions import extent
from vmapify.legality.callsites import passed
from vmapify.loop import Obstacle
from vmapify.loop.bounds import inside
from vmapify.loop.buffers import cast_dtype, is_own_row, literal_rows, scattered, write_offset, written_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.infer import Event, Frame, Machine
    from vmapify.loop import LoopModel, Result
    from vmapify.loop.reader import Argument, Mapping

STACKABLE = {Kind.ARRAY, Kind.UNKNOWN, Kind.NUMBER, Kind.NDARRAY}


def obstacles(
    machine: Machine, model: LoopModel, mapping: Mapping, values: Sequence[Value], evidence: frozenset[str]
) -> Iterator[Obstacle]:
    """Results that are the same in every lane, are not arrays, or come from rows of something not shown to be an array."""
    if not any(holds_tracer(value) for value in values):
        message = "no result depends on the loop: every iteration computes the same"
        yield Obstacle("no-mapped-value", message, model.results[0].element)
    for result, value in zip(model.results, values, strict=True):
        yield from _unstackable(result, value)
        yield from _written_twice(model, result)
    if values and all(value.index for value in values):
        yield Obstacle(
            "not-arrays",
            "the rows are plain numbers computed from the index; `jnp.arange` needs no loop",
            model.results[0].element,
        )
    for argument in mapping.arguments:
        likely = argument.value.assumed
        if likely is None or argument.base is None:
            continue
        given = passed(machine, model, likely)
        if given is not None:
            if given.kind is not Kind.ARRAY:
                message = f"`{likely}` is a {given.kind.value} in the call on line {given.line}, not an array"
                yield Obstacle("not-arrays", message, argument.base)
            continue
        if _shape_used(model, likely):
            continue
        if likely not in evidence and not (_is_parameter(model, argument) and f"{likely}[…]" in evidence):
            yield Obstacle("not-arrays", f"nothing shows that `{likely}` is an array", argument.base)
        elif argument.target is not None and any(_joins(result) for result in model.results):
            message = f"`{likely}` may as well be a list of arrays of different shapes, such as the leaves of a pytree"
            yield Obstacle("ragged-shapes", message, argument.base)


def _written_twice(model: LoopModel, result: Result) -> Iterator[Obstacle]:
    """``for i in [0, 1, 0]: out = out.at[i].set(…)``."""
    order = scattered(model, result)
    rows = literal_rows(order) if order is not None else None
    twice = next((row for row in rows or () if (rows or []).count(row) > 1), None)
    if order is not None and twice is not None:
        yield Obstacle("loop-carried-dependency", f"row {twice} of `{result.name}` is written more than once", order)


def _is_parameter(model: LoopModel, argument: Argument) -> bool:
    """A parameter whose rows are taken apart may be an array; anything else that is, is as likely a list of tuples."""
    function = model.module.function_of(model.anchor)
    if function is None or argument.target is None or not isinstance(argument.base, ast.Name):
        return False
    given = function.args
    return argument.base.id in {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def _joins(result: Result) -> bool:
    """Whether the collector takes pieces of different length; ``x[None]`` makes them alike."""
    newaxis = isinstance(result.element, ast.Subscript) and ast.unparse(result.element.slice).startswith("None")
    return result.sinks[0].collector in {"concatenate", "hstack", "sum"} and not newaxis


def looks_like_array(machine: Machine, model: LoopModel, event: Event, evidence: frozenset[str]) -> bool:
    """Whether what ``event`` takes to be an array is used as one, in the body or around it."""
    text = event.message.split("`")[1]
    if text in evidence or event.path != model.module.path or _shape_used(model, text):
        return True
    given = passed(machine, model, text)
    return given is not None and given.kind is Kind.ARRAY


def _shape_used(model: LoopModel, text: str) -> bool:
    """``xs.shape``, ``xs.T`` or ``xs[:, 0]`` elsewhere in the function: lists have none of these."""
    scope = model.module.function_of(model.anchor) or model.anchor
    source = model.module.text(scope)
    marks = (".shape", ".ndim", ".dtype", ".T", ".at[", ".astype(", ".reshape(", "[:, ", "[..., ", "[None")
    return any(f"{text}{mark}" in source for mark in marks)


def _unstackable(result: Result, value: Value) -> Iterator[Obstacle]:
    tree = any(sink.collector in {"tree", "zip"} for sink in result.sinks)
    if tree or value.kind in STACKABLE:
        return
    what = value.kind.value
    if value.kind is Kind.NONE:
        yield Obstacle("not-arrays", "an iteration gives None", result.element)
    elif value.kind in {Kind.TUPLE, Kind.LIST}:
        message = f"an iteration gives a {what}, whose entries `{result.sinks[0].collector}` makes an axis of their own"
        yield Obstacle("unsupported-shape", message, result.element)
    else:
        yield Obstacle("not-arrays", f"an iteration gives a {what}, not an array", result.element)


def assumptions(model: LoopModel, mapping: Mapping, values: Sequence[Value], frame: Frame) -> Iterator[Assumption]:
    """What the rewrite takes for granted about the results."""
    for result, value in zip(model.results, values, strict=True):
        order = scattered(model, result)
        if order is not None and literal_rows(order) is None:
            yield Assumption("distinct-indices", f"no row of `{_name(result)}` is written twice")
        casts = result.sinks[0].collector == "buffer" and result.sinks[0].library == "jax"
        buffer = frame.values.get(result.name or "") if casts else None
        if casts:
            yield from _outside(result, buffer, mapping)
        if casts and is_own_row(model, result):
            continue
        sets = result.sinks[0].method == "set" and cast_dtype(model, result, buffer, value) is None
        if result.sinks[0].collector == "sum":
            yield Assumption(
                "reassociation", f"`{_name(result)}` is summed in another order, which changes the rounding"
            )
        if value.kind is Kind.UNKNOWN and not any(sink.collector == "tree" for sink in result.sinks):
            yield Assumption("output-dtype", f"`{_name(result)}` collects arrays of one shape and dtype")
        elif (
            value.dtype == "weak"
            or result.converted in {"float", "int", "item"}
            or (casts and (value.shape is None or sets))
        ):
            yield Assumption("output-dtype", f"the rows of `{_name(result)}` have the shape and dtype that it has now")
    if any(
        sink.collector in {"stack", "array", "concatenate", "vstack"}
        for result in model.results
        for sink in result.sinks
    ):
        yield Assumption(
            "nonempty",
            "the loop runs at least once (stacking an empty list fails, vmap gives an empty array)",
        )


def _outside(result: Result, buffer: Value | None, mapping: Mapping) -> Iterator[Assumption]:
    """JAX drops a row that is written outside of the buffer; the slice of the rewrite would have too few for it."""
    rows = written_rows(result, mapping)
    if rows is None or any(
        one.fills(result.name or "", result.sinks[0].axis, write_offset(result)) for one in mapping.arguments
    ):
        return
    if not inside(rows.start, rows.stop, extent(buffer, result.sinks[0].axis) if buffer is not None else None):
        message = f"`{result.name}` has the rows {rows.start} to {rows.stop} (JAX drops what is written outside, a slice ends)"
        yield Assumption("in-bounds", message)


def _name(result: Result) -> str:
    return result.name or "the result"
