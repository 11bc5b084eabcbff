"""A buffer or a sum that is only returned needs no name: the call goes into the ``return``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax import reads_after

if TYPE_CHECKING:
    from vmapify.loop import LoopModel
    from vmapify.rewrite.collect import Filled

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


def returned_name(model: LoopModel, way: Filled) -> ast.expr | None:
    """The ``out`` of ``return out`` right behind the loop, if nothing else will read ``out``."""
    module = model.module
    block, index = module.block_of(model.anchor)
    match block[index + 1 : index + 2], model.results[0].name:
        case [ast.Return(value=ast.Name(id=name) as node) as statement], str(wanted) if name == wanted:
            pass
        case _:
            return None
    if way.in_place or reads_after(module, statement, name) is not None or seen_elsewhere(model, name):
        return None
    return node


def seen_elsewhere(model: LoopModel, name: str) -> bool:
    """Whether a ``finally`` may see ``name``, or it belongs to another scope."""
    for outer in model.module.ancestors(model.anchor):
        if isinstance(outer, ast.Try | ast.TryStar | ast.With | ast.AsyncWith):
            return True
        if isinstance(outer, SCOPES):
            declared = (node for node in ast.walk(outer) if isinstance(node, ast.Global | ast.Nonlocal))
            return any(name in node.names for node in declared)
    return False
