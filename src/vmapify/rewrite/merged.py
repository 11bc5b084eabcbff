"""Names that the result can do without: ``out`` of ``return out`` right behind the loop, ``out = u`` right before it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.rewrite.collect import Filled
from vmapify.syntax import names_in, reads_after, stored_names

if TYPE_CHECKING:
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.collect import Way

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


def without_alias(model: LoopModel, result: Result, way: Way) -> Way:
    """``u.at[…].set(…)`` for ``out = u`` and ``out = out.at[…].set(…)``, if ``out`` is nothing but ``u`` until then."""
    match result.init, result.name:
        case ast.Assign(targets=[ast.Name()], value=ast.Name(id=alias)) as init, str(name):
            pass
        case _:
            return way
    start = f"{name}.at["
    if not isinstance(way, Filled) or way.replaces_init or way.in_place or not way.text.startswith(start):
        return way
    block, index = model.module.block_of(model.anchor)
    between = block[block.index(init) + 1 : index] if init in block[:index] else block[:index]
    seen = [node for node in names_in([*between, model.loop], ast.Load) if node.id == name]
    if init not in block[:index] or len(seen) != 1 or stored_names([*between, *model.body]) & {name, alias}:
        return way
    return replace(way, text=f"{alias}{way.text.removeprefix(name)}", replaces_init=True)
