"""Names that the result can do without: ``out`` of ``return out`` right behind the loop, ``out = u`` right before it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.rewrite.collect import Filled
from vmapify.syntax import dotted, names_in, reads_after, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.collect import Way
    from vmapify.syntax import Module

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)
LEAVING = (ast.Raise, ast.Return, ast.Continue, ast.Break)


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
            declared = (node for node in walk(outer) if isinstance(node, ast.Global | ast.Nonlocal))
            return any(name in node.names for node in declared)
    return False


def needed_on_failure(module: Module, statement: ast.stmt, name: str) -> bool:
    """Whether ``name``, which ``statement`` binds, is read where what comes behind it may have failed."""
    inside: ast.AST = statement
    for outer in module.ancestors(statement):
        if isinstance(outer, SCOPES):
            return False
        if isinstance(outer, ast.Try | ast.TryStar) and inside in outer.body:
            parts = [*outer.handlers, *outer.finalbody]
            goes_on = any(not isinstance(handler.body[-1], LEAVING) for handler in outer.handlers)
            read = any(node.id == name for node in names_in(parts, ast.Load))
            if read or (goes_on and reads_after(module, outer, name) is not None):
                return True
        if isinstance(outer, ast.With | ast.AsyncWith) and any(_suppresses(item.context_expr) for item in outer.items):
            return reads_after(module, outer, name) is not None
        inside = outer
    return False


def _suppresses(context: ast.expr) -> bool:
    """Whether ``context`` may swallow an exception, by its name."""
    name = (dotted(context.func if isinstance(context, ast.Call) else context) or ("",))[-1].lower()
    return "suppress" in name or "raises" in name


def without_alias(model: LoopModel, result: Result, way: Way) -> Way:
    """``u.at[…].set(…)`` for ``out = u`` and ``out = out.at[…].set(…)``, if ``out`` is nothing but ``u`` until then."""
    match result.init, result.name:
        case ast.Assign(targets=[ast.Name()], value=ast.Name(id=alias)) as init, str(name):
            pass
        case _:
            return way
    if not isinstance(way, Filled) or way.updates != name or way.replaces_init:
        return way
    block, index = model.module.block_of(model.anchor)
    between = block[block.index(init) + 1 : index] if init in block[:index] else block[:index]
    seen = [node for node in names_in([*between, model.loop], ast.Load) if node.id == name]
    if init not in block[:index] or len(seen) != 1 or stored_names([*between, *model.body]) & {name, alias}:
        return way
    return replace(way, text=f"{alias}{way.text.removeprefix(name)}", replaces_init=True, updates=alias)
