"""Gathers: ``for i in order: … xs[i] …`` takes the rows ``xs[order]``, where ``i`` is nothing but an index."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind
from vmapify.infer.expressions import element, extent
from vmapify.loop.buffers import scattered
from vmapify.loop.model import Obstacle
from vmapify.loop.occurrences import occurrences
from vmapify.loop.reader import Argument, Own, row_of
from vmapify.loop.row_reads import row_read, without
from vmapify.syntax import code_key, same_code

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop.model import ArraySource
    from vmapify.loop.reader import Mapping, Reader, Spelled
    from vmapify.syntax.structure import Key


def map_gather(reader: Reader, source: ArraySource, mapping: Mapping) -> bool:
    """Enters the gathered rows as mapped arguments; False if the loop variable is more than an index of rows."""
    order = reader.value(source.expr)
    if not isinstance(source.target, ast.Name) or not _holds_indices(reader, order) or source.reverse:
        return False
    if order.kind is Kind.UNKNOWN and not isinstance(source.expr, ast.Name | ast.Attribute):
        return False
    rows: dict[tuple[Key, int], list[ast.Subscript]] = {}
    for name in occurrences(source.target.id, reader.nodes):
        read = row_read(reader, name, source.target.id)
        if read is None:
            return False
        node, axis, offset, prefix = read
        if same_code(node.value, source.expr) and order.kind is Kind.UNKNOWN:
            by_entry = Obstacle.of("not-arrays", "looked-up-by-entry", node, rows=reader.text(source.expr))
            mapping.obstacles.append(by_entry)
            return False
        if offset or prefix or axis < 0 or reader.value(node.value).kind not in {*ARRAYS, Kind.UNKNOWN}:
            return False
        rows.setdefault((code_key(node.value), axis), []).append(node)
    if not rows and not _only_writes(reader, source):
        return False
    for (_, axis), nodes in rows.items():
        _map_reads(reader, source, order, axis, nodes, mapping)
    mapping.trip = mapping.trip or extent(order, 0)
    mapping.trip_text = mapping.trip_text or f"len({reader.text(source.expr)})"
    return True


def _only_writes(reader: Reader, source: ArraySource) -> bool:
    """Whether ``i`` only says which row is written, so that the per-example function does without it."""
    alone = len(reader.model.spaces[0].sources) == 1
    return not alone and any(scattered(reader.model, result) is source.expr for result in reader.model.results)


def _holds_indices(reader: Reader, order: Value) -> bool:
    if order.kind in {Kind.LIST, Kind.TUPLE}:
        one = element(reader.machine, order)
        return one.kind is Kind.NUMBER and one.dtype == "int"
    return (order.kind in ARRAYS and order.dtype in {None, "int"}) or order.kind is Kind.UNKNOWN


def _map_reads(
    reader: Reader,
    source: ArraySource,
    order: Value,
    axis: int,
    nodes: list[ast.Subscript],
    mapping: Mapping,
) -> None:
    base = nodes[0].value
    value = reader.value(base)
    row = row_of(reader, value, base, mapping)
    if row is None:
        return
    if value.kind in ARRAYS:
        row = row._replace(shape=without(value.shape, axis))
    index = indices(reader.text(source.expr), order)
    if order.kind not in {Kind.LIST, Kind.TUPLE} and order.dtype != "int":
        mapping.assumptions.append(Assumption.of("array-like", "integers", rows=reader.text(source.expr)))
    passed = (f"{reader.text(base)}[{':, ' * axis}", *index, "]")
    mapping.arguments.append(Argument(passed, axis, row, base=base, reads=tuple(nodes), whole=True))


def indices(text: str, order: Value) -> Spelled:
    """``order`` as JAX takes it for an index: lists and tuples are refused."""
    return (Own.JNP, f".array({text})") if order.kind in {Kind.LIST, Kind.TUPLE} else (text,)
