"""Loops that only run inside a Pallas kernel, whose compilers know no batched operations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle
from vmapify.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel
    from vmapify.syntax import Module

LAUNCHING = {"pallas_call", "core_map", "emit_pipeline"}
"""What takes a kernel as its first argument."""


def obstacles(model: LoopModel) -> Iterator[Obstacle]:
    """A loop in a kernel, or in a function that nothing but kernels of the file call."""
    if b"pallas" not in model.module.data:
        return
    function = model.module.function_of(model.anchor)
    kernel = _kernel_of(function, model.module, set()) if isinstance(function, ast.FunctionDef) else None
    if kernel is not None:
        yield Obstacle.of("kernel-body", "pallas", model.loop, kernel=kernel)


def _kernel_of(function: ast.FunctionDef, module: Module, seen: set[str]) -> str | None:
    """The kernel that ``function`` is, or that calls it; None if something else may call it as well."""
    uses = [name for name in module.named(function.name) if isinstance(name.ctx, ast.Load)]
    if not uses or function.name in seen:
        return None
    if any(_is_launched(use, module) for use in uses):
        return function.name
    callers = [module.function_of(module.statement_of(use)) for use in uses]
    found = [
        _kernel_of(caller, module, seen | {function.name}) if isinstance(caller, ast.FunctionDef) else None
        for caller in callers
    ]
    return found[0] if all(found) else None


def _is_launched(use: ast.Name, module: Module) -> bool:
    """``pl.pallas_call(kernel, …)`` and ``pl.pallas_call(partial(kernel, size=8), …)``."""
    around: ast.AST = use
    parent = module.parents.get(use)
    if isinstance(parent, ast.Call) and last_name(parent.func) == "partial" and parent.args[:1] == [use]:
        around, parent = parent, module.parents.get(parent)
    return isinstance(parent, ast.Call) and last_name(parent.func) in LAUNCHING and parent.args[:1] == [around]
