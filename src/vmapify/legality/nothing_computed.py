"""Loops that only take rows: whoever sees one indexes the array instead."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import External
from vmapify.loop import REDUCTIONS, Obstacle
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel
    from vmapify.loop.reader import Mapping

CONVERTING = {"jax.numpy.asarray", "jax.numpy.array", "numpy.asarray", "numpy.array"}


def obstacles(machine: Machine, model: LoopModel, mapping: Mapping, frame: Frame) -> Iterator[Obstacle]:
    """An iteration without a computation: ``jnp.stack([x for x in xs])``, ``jnp.array([jnp.asarray(x[0]) for x in xs])``."""
    rows = {argument.target.id for argument in mapping.arguments if isinstance(argument.target, ast.Name)}
    reads = {id(read) for argument in mapping.arguments for read in argument.reads}
    elements = [result.element for result in model.results]
    if model.body or not all(_is_row(element, rows, reads, machine, frame) for element in elements):
        return
    operation = model.results[0].sinks[0].collector
    if operation in REDUCTIONS:
        yield Obstacle.of("nothing-computed", "row-reduced", elements[0], operation=operation)
    else:
        yield Obstacle.of("nothing-computed", "row", elements[0])


def _is_row(node: ast.expr, rows: set[str], reads: set[int], machine: Machine, frame: Frame) -> bool:
    if id(node) in reads:
        return True
    match node:
        case ast.Name(id=name):
            return name in rows
        case ast.Subscript(value=owner, slice=index):
            free = any(isinstance(part, ast.Name | ast.Call) for part in walk(index))
            return not free and _is_row(owner, rows, reads, machine, frame)
        case ast.Call(args=[inner], keywords=[]):
            target = machine.value(node.func, frame).target
            known = isinstance(target, External) and target.name in CONVERTING
            return known and _is_row(inner, rows, reads, machine, frame)
    return False
