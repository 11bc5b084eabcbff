"""Notebooks that show a loop beside its batched version: they compare the results, or time both."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.legality.intentional_loops import BATCHED, REFERENCE, comparisons, made_by, names_in
from vmapify.loop import Obstacle
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel
    from vmapify.syntax import Module

TIMING = {"timeit", "prun", "lprun", "memit", "mprun"}
"""Magics that run code to measure it."""


def obstacles(model: LoopModel) -> Iterator[Obstacle]:
    """Signs that the loop is the one half of a comparison that the notebook makes."""
    if not model.module.cells:
        return
    function = _outermost(model)
    yield from _compared(model, function)
    if function is not None:
        yield from _timed(model.module, function)


def _outermost(model: LoopModel) -> str | None:
    """The name of the top-level function that holds the loop."""
    around = [node for node in model.module.ancestors(model.anchor) if isinstance(node, ast.FunctionDef)]
    return around[-1].name if around else None


def _compared(model: LoopModel, function: str | None) -> Iterator[Obstacle]:
    mine = _holders(model, function)
    for comparison in comparisons(model.module.tree):
        meets = names_in(comparison) & mine
        if not meets:
            continue
        others = names_in(comparison) - mine
        text = " ".join([*others, *(made_by(name, model.module.tree) for name in sorted(others))]).lower()
        if BATCHED.search(text) or any(REFERENCE.search(name.lower()) for name in meets):
            where = model.module.line_in_words(comparison.lineno)
            yield Obstacle.of("reference-oracle", "compared", comparison, where=where)
            return


def _holders(model: LoopModel, function: str | None) -> set[str]:
    """The names of what the loop, or a call of the function around it, makes."""
    made_here = {model.loop, *(sink.node for result in model.results for sink in result.sinks)}
    found = {function} if function is not None else set()
    if function is None:
        found |= {result.name for result in model.results if result.name and result.sinks[0].node is None}
    for node in walk(model.module.tree):
        if isinstance(node, ast.Assign):
            made = function is None and any(part in made_here for part in walk(node.value))
            called = function is not None and function in names_in(node.value)
            found |= {name for target in node.targets for name in names_in(target)} if made or called else set()
    return found


def _timed(module: Module, function: str) -> Iterator[Obstacle]:
    """The function is timed by ``%timeit``, and so is something batched."""
    mine: ast.AST | None = None
    beside = False
    for cell in module.cells:
        for magic in cell.magics:
            if magic.name not in TIMING:
                continue
            span = cell.span if cell.timed else magic.span
            nodes = [n for n in module.nodes if isinstance(n, ast.Name) and span.covers(module.span(n))]
            words = {node.id for node in nodes}
            mine = mine or next((node for node in nodes if node.id == function), None)
            beside = beside or (function not in words and bool(BATCHED.search(_meaning(module, words))))
    if mine is not None and beside:
        yield Obstacle.of("benchmark-baseline", "timed-beside", mine, function=function)


def _meaning(module: Module, names: set[str]) -> str:
    """The names with the text of what they are."""
    definitions = [
        ast.unparse(node) for node in module.tree.body if isinstance(node, ast.FunctionDef) and node.name in names
    ]
    return " ".join([*names, *definitions, *(made_by(name, module.tree) for name in sorted(names))]).lower()
