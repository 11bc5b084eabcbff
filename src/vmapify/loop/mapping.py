"""Mapped arguments: which arrays each iteration takes a row of, along which axis, and where the index is data."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind
from vmapify.infer.expressions import extent
from vmapify.loop.gathers import map_gather
from vmapify.loop.index_reads import map_index
from vmapify.loop.model import ArraySource, IndexSource, Obstacle
from vmapify.loop.reader import Argument, Mapping, Reader, as_one, row_of
from vmapify.syntax import stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine
    from vmapify.loop.model import LoopModel


def map_arguments(machine: Machine, model: LoopModel, frame: Frame) -> Mapping:
    """The mapped arguments of a one-level ``model`` whose surroundings are ``frame``."""
    # rows of a buffer are read, if at all, only by the iteration that writes them (legality.carried)
    collected = {result.name for result in model.results if result.name and result.sinks[0].collector != "buffer"}
    changing = frozenset(stored_names(model.body) | collected)
    space = model.spaces[0]
    targets = {node.id for source in space.sources for node in walk(source.target) if isinstance(node, ast.Name)}
    mapping = Mapping()
    reader = Reader(machine, model, frame, changing | targets, mapping.arguments)
    arrays = [source for source in space.sources if isinstance(source, ArraySource)]
    for source in arrays:
        if map_gather(reader, source, mapping):
            continue
        _map_rows(reader, source, mapping)
    _check_lengths(reader, arrays, mapping, strict=space.strict)
    indices = [source for source in space.sources if isinstance(source, IndexSource)]
    for entry in sorted(indices, key=lambda source: source.stop is None):  # an open end counts the others
        map_index(reader, entry, arrays, mapping)
    return mapping


def _map_rows(reader: Reader, source: ArraySource, mapping: Mapping) -> None:
    value = reader.value(source.expr)
    text, axis = reader.text(source.expr), 0
    row = row_of(reader, value, source.expr, mapping)
    if row is None:
        return
    if source.reverse:
        text = f"{_atom(text, source.expr)}[::-1]"
    elif (matrix := _matrix(reader, source.expr, mapping)) is not None:
        text, axis = reader.text(matrix), 1
    argument = Argument(as_one(value, text), axis, row, target=source.target, base=source.expr, whole=True)
    mapping.arguments.append(argument)
    length = value.number if value.kind is Kind.RANGE else None
    length = extent(value, 0) if value.kind in {*ARRAYS, Kind.UNKNOWN, Kind.LIST} else length
    mapping.trip = mapping.trip or length
    mapping.trip_text = mapping.trip_text or f"len({reader.text(source.expr)})"


def _matrix(reader: Reader, node: ast.expr, mapping: Mapping) -> ast.expr | None:
    """``x`` of ``x.T``, whose rows are the columns of a matrix ``x``."""
    match node:
        case ast.Attribute(value=ast.Name() | ast.Attribute() | ast.Subscript() as base, attr="T"):
            value = reader.value(base)
            if value.shape is None and value.kind is Kind.UNKNOWN:
                mapping.assumptions.append(Assumption.of("item-rank", "matrix", rows=reader.text(base)))
                return base
            return base if value.kind in ARRAYS and value.shape is not None and len(value.shape) == 2 else None
    return None


def _atom(text: str, node: ast.expr) -> str:
    return text if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"


def _check_lengths(reader: Reader, arrays: list[ArraySource], mapping: Mapping, *, strict: bool) -> None:
    """``zip`` stops at the shortest, ``vmap`` refuses unequal lengths."""
    lengths = [extent(reader.value(source.expr), 0) for source in arrays]
    for source, length in zip(arrays[1:], lengths[1:], strict=True):
        first = lengths[0]
        if strict or (first is not None and first == length):
            continue
        one, other = reader.text(arrays[0].expr), reader.text(source.expr)
        if first is not None and length is not None and (first - length).value:
            mapping.obstacles.append(Obstacle.of("zip-lengths", "different", source.expr, one=one, other=other))
        else:
            mapping.assumptions.append(Assumption.of("equal-lengths", "zipped", one=one, other=other))
