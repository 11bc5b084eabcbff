"""The statements right behind a loop that only give names to its stacked results."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from vmapify.loop import LoopModel


class Behind:
    """``names`` maps stack calls to the name that each gets; ``statements`` are those that go with them."""

    def __init__(self) -> None:
        self.names: dict[ast.expr, str] = {}
        self.statements: list[ast.stmt] = []


def behind(model: LoopModel, plain: Collection[ast.expr]) -> Behind:
    """The run of statements behind the loop that assign the stack calls ``plain``, each to a name of its own."""
    found = Behind()
    gone = {id(statement) for result in model.results for statement in result.apart}
    block, index = model.module.block_of(model.anchor)
    for statement in block[index + 1 :]:
        if id(statement) in gone:
            continue
        pairs = pairs_of(statement)
        if not pairs or not all(call in plain for _, call in pairs):
            break
        found.names |= {call: name for name, call in pairs}
        found.statements.append(statement)
    return found


def pairs_of(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """``a, b = f(x), g(x)`` as pairs; nothing if a target is not a plain name."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [(name, value)]
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            return list(zip(names, values, strict=True)) if len(set(names)) == len(targets) else []
    return []
