"""Loops over chunks, ``xs[i : i + size]``: the last one may be shorter than the others."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import Kind, Value
from vmapify.loop import ArraySource, IndexSource, Obstacle
from vmapify.syntax import loads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel, Source

SPLITTING = {"array_split", "batched"}


def obstacles(machine: Machine, model: LoopModel, frame: Frame) -> Iterator[Obstacle]:
    """Slices as long as the step of the range, and pieces that a split of any length made."""
    for space in model.spaces:
        for source in space.sources:
            if isinstance(source, IndexSource) and source.step is not None and not _divides(machine, source, frame):
                yield from _slices(model, source)
            yield from _pieces(model, source)


def _nodes(model: LoopModel) -> Iterator[ast.AST]:
    for part in (*model.body, *(result.element for result in model.results)):
        yield from walk(part)


def _slices(model: LoopModel, source: IndexSource) -> Iterator[Obstacle]:
    assert source.step is not None
    size, index = ast.unparse(source.step), source.target.id
    for node in _nodes(model):
        match node:
            case ast.Slice(lower=ast.Name(id=first), upper=ast.expr() as upper) if first == index:
                if _ends(upper, index, size):
                    chunk = _subscript(model, node) or node
                    yield Obstacle.of("ragged-shapes", "chunk", node, chunk=chunk, size=size)
                    return


def _subscript(model: LoopModel, node: ast.AST) -> ast.expr | None:
    return next((outer for outer in model.module.ancestors(node) if isinstance(outer, ast.Subscript)), None)


def _ends(upper: ast.expr, index: str, size: str) -> bool:
    """``i + size``, ``size + i``, ``min(i + size, n)``."""
    ends = [upper, *(upper.args if isinstance(upper, ast.Call) and "min" in ast.unparse(upper.func) else ())]
    return any(ast.unparse(end) in {f"{index} + {size}", f"{size} + {index}"} for end in ends)


def _divides(machine: Machine, source: IndexSource, frame: Frame) -> bool:
    parts = (source.start, source.stop, source.step)
    first, last, step = (_integer(machine.value(part, frame)) if part is not None else 0 for part in parts)
    return first is not None and last is not None and bool(step) and (last - first) % (step or 1) == 0


def _integer(value: Value) -> int | None:
    return value.number.value if value.kind is Kind.NUMBER and value.number is not None else None


def _pieces(model: LoopModel, source: Source) -> Iterator[Obstacle]:
    """Rows of ``parts`` where the file says ``parts = jnp.array_split(xs, n)``."""
    if isinstance(source, ArraySource):
        places: list[ast.expr] = [source.expr]
    else:
        reads = (node for node in _nodes(model) if isinstance(node, ast.Subscript))
        places = [node.value for node in reads if loads(node.slice) == {source.target.id}]
    for place in places:
        made = place if _splits(place) else _made(model, ast.unparse(place))
        if made is not None:
            line = model.module.line_in_words(made.lineno)
            yield Obstacle.of("ragged-shapes", "pieces", made, pieces=place, where=line)
            return


def _made(model: LoopModel, text: str) -> ast.expr | None:
    for node in model.module.of(ast.Assign):
        if _splits(node.value) and any(ast.unparse(target) == text for target in node.targets):
            return node.value
    return None


def _splits(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in SPLITTING
    return False
