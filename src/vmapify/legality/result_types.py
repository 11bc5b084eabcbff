"""What the iterations give: arrays that depend on the lane, or something ``vmap`` cannot stack."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import Assumed, Kind, Value, holds_tracer
from vmapify.infer.expressions import extent
from vmapify.infer.structures import entries, is_pytree, leaves
from vmapify.legality.call_sites import passed
from vmapify.legality.row_uses import foreign_use
from vmapify.loop import REDUCTIONS, Obstacle
from vmapify.loop.bounds import inside
from vmapify.loop.buffers import cast_dtype, is_own_row, literal_rows, scattered, write_offset, written_rows
from vmapify.syntax import is_full_slice, last_name, loads, same_code, stored_names, stores
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Event, Frame, Machine
    from vmapify.legality.under_trace import BodyRun
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.loop.reader import Argument, Mapping

SHAPED = {"shape", "ndim", "dtype", "T", "at", "astype", "reshape"}
STACKABLE = {Kind.ARRAY, Kind.UNKNOWN, Kind.NUMBER, Kind.NDARRAY}


def obstacles(machine: Machine, model: LoopModel, mapping: Mapping, run: BodyRun, frame: Frame) -> Iterator[Obstacle]:
    """Results that are the same in every lane, are not arrays, or come from rows of something not shown to be an array."""
    if model.results and not any(holds_tracer(value) for value in run.values):
        yield Obstacle.of("no-mapped-value", "same-results", model.results[0].element)
    for k, result in enumerate(model.results):
        for sink in result.sinks:
            yield from _foreign(sink)
            yield from _unstackable(machine, result, sink, run.of(k, sink))
        yield from _written_twice(model, result)
        yield from _unclear(machine, result, run.values[k])
    if run.values and all(value.index for value in run.values):
        yield _only_numbers(machine, model, frame)
    yield from _perhaps_ragged(machine, model, mapping, frame)
    for argument in mapping.arguments:
        likely = argument.value.assumed
        if likely is None or argument.base is None:
            continue
        given = passed(machine, model, argument.base)
        if given is not None:
            if given.kind is not Kind.ARRAY:
                subcode = "passed-list" if given.kind in {Kind.LIST, Kind.TUPLE} else "passed"
                told = {"rows": likely.text, "kind": given.kind.value, "line": given.line}
                yield Obstacle.of("not-arrays", subcode, argument.base, **told)
            continue
        if _shape_used(model, argument.base):
            continue
        foreign = foreign_use(model, likely)
        if foreign is not None:
            yield foreign
            continue
        if likely not in run.evidence and not (_is_parameter(model, argument) and likely.part in run.evidence):
            yield Obstacle.of("not-arrays", "nothing-shows", argument.base, rows=likely.text)
        elif argument.target is not None:
            yield from _perhaps_a_list(model, argument.base, run, likely)


def _perhaps_a_list(model: LoopModel, base: ast.expr, run: BodyRun, likely: Assumed) -> Iterator[Obstacle]:
    """Rows that are used as arrays, and that the results do not show to have one shape."""
    if (last_name(base) or "").endswith("leaves"):
        yield Obstacle.of("ragged-shapes", "leaves", base, rows=likely.text)
    elif any(_joins(model, *pair) for pair in zip(model.results, run.values, strict=True)) or any(
        map(_is_single, run.carries)
    ):
        yield Obstacle.of("ragged-shapes", "list-of-arrays", base, rows=likely.text)


def _perhaps_ragged(machine: Machine, model: LoopModel, mapping: Mapping, frame: Frame) -> Iterator[Obstacle]:
    """Results that nothing stacks may have any shapes, and so may the rows of what is not shown to be one array."""
    if not any(sink.collector == "list" for result in model.results for sink in result.sinks):
        return
    for argument in mapping.arguments:
        if argument.base is None or argument.index:
            continue
        if argument.value.assumed is not None:
            yield Obstacle.of("not-arrays", "nothing-shows", argument.base, rows=argument.base)
        elif machine.value(argument.base, frame).kind in {Kind.LIST, Kind.TUPLE} and argument.value.shape is None:
            yield Obstacle.of("ragged-shapes", "list-of-arrays", argument.base, rows=argument.base)


def _foreign(sink: Sink) -> Iterator[Obstacle]:
    if sink.library == "other" and isinstance(sink.node, ast.Call):
        yield Obstacle.of("opaque-callee", "unknown-sink", sink.node, callee=sink.node.func)


def _only_numbers(machine: Machine, model: LoopModel, frame: Frame) -> Obstacle:
    """Rows made of the index and of names that are no arrays, as far as can be seen."""
    elements = [result.element for result in model.results]
    targets = {n.id for space in model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)}
    own = targets | stored_names(model.body)
    for name in sorted(loads([*model.body, *elements]) - own):
        if machine.lookup(name, frame).kind is Kind.UNKNOWN:
            return Obstacle.of("not-arrays", "numbers-perhaps", elements[0], name=name)
    return Obstacle.of("not-arrays", "numbers", elements[0], element=elements[0])


def _written_twice(model: LoopModel, result: Result) -> Iterator[Obstacle]:
    """``for i in [0, 1, 0]: out = out.at[i].set(…)``."""
    order = scattered(model, result)
    rows = literal_rows(order) if order is not None else None
    twice = next((row for row in rows or () if (rows or []).count(row) > 1), None)
    if order is not None and twice is not None:
        yield Obstacle.of("loop-carried-dependency", "row-written-twice", order, row=twice, buffer=result.name or "")


def _is_parameter(model: LoopModel, argument: Argument) -> bool:
    """A parameter whose rows are taken apart may be an array; anything else that is, is as likely a list of tuples."""
    function = model.module.function_of(model.anchor)
    if function is None or argument.target is None or not isinstance(argument.base, ast.Name):
        return False
    given = function.args
    return argument.base.id in {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def _joins(model: LoopModel, result: Result, value: Value) -> bool:
    """Whether the collector takes rows of different shapes.

    ``x[None]`` makes pieces alike, and so does an inner axis that is the same in every iteration. What is added up must
    have one shape, unless each row is reduced to a scalar first, as the leaves of a pytree are.
    """
    if result.sinks[0].collector in {"sum", "prod"}:
        return value.kind is not Kind.ARRAY or value.shape == ()
    if result.sinks[0].collector in REDUCTIONS:
        return True
    newaxis = isinstance(result.element, ast.Subscript) and _adds_axis(result.element.slice)
    return result.sinks[0].collector in {"concatenate", "hstack"} and not newaxis and not _inner_axis(model, result)


def _is_single(value: Value) -> bool:
    """Whether rows of any shape may give ``value``: one number each, or nobody knows what."""
    return value.kind is not Kind.ARRAY or value.shape == ()


def _adds_axis(index: ast.expr) -> bool:
    first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
    return _is_none(first)


def _inner_axis(model: LoopModel, result: Result) -> bool:
    """``jax.vmap(f)(ys)`` with ``ys`` from before the loop: each iteration gives as many rows."""
    match result.element:
        case ast.Call(func=ast.Call(func=function, args=[_], keywords=axes), args=[*given], keywords=[]):
            if not (last_name(function) or "").endswith("vmap"):
                return False
        case _:
            return False
    match axes:
        case []:
            mapped = given
        case [ast.keyword(arg="in_axes", value=ast.Tuple(elts=entries))]:
            mapped = [one for one, axis in zip(given, entries, strict=False) if not _is_none(axis)]
        case _:
            return False
    changing = stores([*model.body, *(s.target for space in model.spaces for s in space.sources)])
    return any(not loads(one) & changing for one in mapped)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def looks_like_array(machine: Machine, model: LoopModel, event: Event, evidence: frozenset[Assumed]) -> bool:
    """Whether what ``event`` takes to be an array is used as one, in the body or around it."""
    rows = event.about("rows")
    assert isinstance(rows, ast.expr)
    if Assumed.of(rows, "") in evidence or event.path != model.module.path or _shape_used(model, rows):
        return True
    given = passed(machine, model, rows)
    return given is not None and given.kind is Kind.ARRAY


def _shape_used(model: LoopModel, rows: ast.expr) -> bool:
    """``xs.shape``, ``xs.T`` or ``xs[:, 0]`` elsewhere in the function: lists have none of these."""
    scope = model.module.function_of(model.anchor) or model.anchor
    owners = (_owner_of_array(node) for node in walk(scope))
    return any(one is not None and same_code(one, rows) for one in owners)


def _owner_of_array(node: ast.AST) -> ast.expr | None:
    """What must be an array for ``node`` to work."""
    match node:
        case ast.Attribute(value=owner, attr=name) if name in SHAPED:
            return owner
        case ast.Subscript(value=owner, slice=ast.Constant(value=None)):
            return owner
        case ast.Subscript(value=owner, slice=ast.Tuple(elts=[first, _, *_])) if _is_axis(first):
            return owner
    return None


def _is_axis(index: ast.expr) -> bool:
    """``:``, ``...`` or ``None``, which only arrays take beside another index."""
    return is_full_slice(index) or (isinstance(index, ast.Constant) and (index.value is None or index.value is ...))


def _unstackable(machine: Machine, result: Result, sink: Sink, value: Value) -> Iterator[Obstacle]:
    if sink.collector == "zip":
        parts = entries(machine, value)
        if parts is None:
            yield Obstacle.of("unsupported-shape", "unknown-entries", result.element)
        for part in parts or ():
            yield from _unstackable(machine, result, replace(sink, collector="stack"), part)
        return
    if sink.collector == "tree" or (sink.reduction is not None and sink.reduction.tree):
        others = (leaf for leaf in leaves(machine, value) if leaf.kind not in {*STACKABLE, Kind.PYTREE})
        yield from (_no_leaf(leaf, result) for leaf in others)
        return
    if sink.collector == "list" and value.kind is Kind.UNKNOWN:
        yield Obstacle.of("not-arrays", "perhaps-no-array", result.element, element=result.element)
    if value.kind in STACKABLE:
        return
    element, kind = result.element, value.kind.value
    if value.kind is Kind.NONE:
        yield Obstacle.of("not-arrays", "gives-none", element, element=element)
    elif value.kind in {Kind.TUPLE, Kind.LIST}:
        yield Obstacle.of(
            "unsupported-shape", "own-axis", element, element=element, kind=kind, collector=sink.collector
        )
    else:
        yield Obstacle.of("not-arrays", "other-result", element, element=element, kind=kind)


def _no_leaf(value: Value, result: Result) -> Obstacle:
    return Obstacle.of("not-arrays", "other-leaf", result.element, kind=value.kind.value)


def _unclear(machine: Machine, result: Result, value: Value) -> Iterator[Obstacle]:
    """Several parts of something that is not shown to have parts: rows of an array are taken apart in another way."""
    parts = {sink.part for sink in result.sinks if sink.part}
    if len(parts) < 2:
        return
    if not is_pytree(machine, value):
        yield Obstacle.of("unsupported-shape", "unknown-parts", result.element, element=result.element)


def assumptions(
    machine: Machine, model: LoopModel, mapping: Mapping, run: BodyRun, frame: Frame
) -> Iterator[Assumption]:
    """What the rewrite takes for granted about the results."""
    if run.doubtful:
        yield Assumption.of("stored-values", "numbers")
    for k, result in enumerate(model.results):
        order = scattered(model, result)
        if order is not None and literal_rows(order) is None:
            yield Assumption.of("distinct-indices", "rows", buffer=_name(result))
        buffer = frame.values.get(result.name or "")
        if _casts(result.sinks[0]):
            yield from _outside(result, buffer, mapping)
        yield from dict.fromkeys(
            one for sink in result.sinks for one in _assumed(machine, model, result, sink, run.of(k, sink), buffer)
        )
    if any(_needs_a_row(sink) for result in model.results for sink in result.sinks):
        yield Assumption.of("nonempty", "stacks")


def _outside(result: Result, buffer: Value | None, mapping: Mapping) -> Iterator[Assumption]:
    """JAX drops a row that is written outside of the buffer; the slice of the rewrite would have too few for it."""
    rows = written_rows(result, mapping)
    if rows is None or any(
        one.fills(result.name or "", result.sinks[0].axis, write_offset(result)) for one in mapping.arguments
    ):
        return
    if not inside(rows.start, rows.stop, extent(buffer, result.sinks[0].axis) if buffer is not None else None):
        yield Assumption.of(
            "in-bounds", "rows-written", buffer=result.name or "", first=str(rows.start), end=str(rows.stop)
        )


NONEMPTY = {"stack", "array", "concatenate", "vstack", "tree", "zip"}


def _needs_a_row(sink: Sink) -> bool:
    """Whether the collector makes something else of nothing than ``vmap`` gives: an error, or an array of another dtype."""
    return sink.collector in NONEMPTY or bool(sink.part) or (sink.collector == "list" and sink.container == "numpy")


def _assumed(
    machine: Machine, model: LoopModel, result: Result, sink: Sink, value: Value, buffer: Value | None
) -> Iterator[Assumption]:
    name = f"{_name(result)}{sink.part}" if result.name else _name(result)
    casts = _casts(sink)
    if casts and is_own_row(model, result):
        return
    sets = sink.method == "set" and cast_dtype(model, result, buffer, value) is None
    converted = sink.converted or result.converted
    if sink.collector in REDUCTIONS:
        return
    if value.kind is Kind.UNKNOWN and sink.collector != "tree":
        yield Assumption.of("output-dtype", "one-type", rows=name)
    elif (
        value.dtype == "weak"
        or (sink.collector != "buffer" and any(leaf.kind is Kind.NUMBER for leaf in leaves(machine, value)))
        or (value.index and sink.collector == "stack")
        or converted in {"float", "int", "item"}
        or (casts and (value.shape is None or sets))
    ):
        yield Assumption.of("output-dtype", "type-of-buffer", rows=name)


def _casts(sink: Sink) -> bool:
    """Whether what is written takes the dtype of a buffer."""
    return sink.collector == "buffer" and sink.library == "jax"


def _name(result: Result) -> str:
    return result.name or "the result"
