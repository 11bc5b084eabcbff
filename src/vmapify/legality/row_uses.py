"""What other loops of the function do with the rows of the same thing: arrays have no `dag`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.attributes import ARRAY_NAMES
from vmapify.loop import Obstacle
from vmapify.syntax import code_key
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Assumed
    from vmapify.loop import LoopModel
    from vmapify.syntax.structure import Key


def foreign_use(model: LoopModel, rows: Assumed) -> Obstacle | None:
    """``sum(v.dag() @ v for v in vs)`` elsewhere in the function: the rows of ``vs`` are no arrays."""
    scope = model.module.function_of(model.anchor) or model.module.tree
    for node in walk(scope):
        for target, body in _loops(node, rows.key):
            for use in (inner for part in body for inner in walk(part)):
                if isinstance(use, ast.Attribute) and _names(use.value, target) and use.attr not in ARRAY_NAMES:
                    return Obstacle.of("not-arrays", "asks-row", use, read=use, rows=rows.text)
    return None


def _loops(node: ast.AST, rows: Key) -> Iterator[tuple[str, list[ast.AST]]]:
    """Name of a row and what is done with it, if ``node`` loops over ``rows``."""
    if isinstance(node, ast.For):
        target = _row(node.target, node.iter, rows)
        if target is not None:
            yield target, list(node.body)
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        for clause in node.generators:
            target = _row(clause.target, clause.iter, rows)
            if target is not None:
                yield target, [node.elt, *(test for one in node.generators for test in one.ifs)]


def _row(target: ast.expr, source: ast.expr, rows: Key) -> str | None:
    """``x`` of ``for x in xs`` and of ``for x, y in zip(xs, ys)``."""
    match target, source:
        case ast.Name(id=name), _ if code_key(source) == rows:
            return name
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources) if len(targets) == len(sources):
            pairs = zip(targets, sources, strict=True)
            return next((found for pair in pairs if (found := _row(*pair, rows)) is not None), None)
    return None


def _names(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
