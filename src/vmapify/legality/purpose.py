"""Loops that are sequential on purpose: the reference a batched version is tested against, a benchmark's baseline."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import External
from vmapify.loop import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Machine
    from vmapify.loop import LoopModel

COMPARING = ("assert_allclose", "assert_array", "assert_trees", "assertAllClose", "allclose", "array_equal", "assert_equal")


def obstacles(model: LoopModel, machine: Machine) -> Iterator[Obstacle]:
    """Signs that the loop must stay because something compares with it."""
    function = model.module.function_of(model.anchor)
    if function is None or isinstance(function, ast.Lambda):
        return
    name = function.name.lower()
    batched = _batched_call(function, model, machine)
    if ("test" in name or "check" in name or "assert" in name) and batched is not None and _compares(function):
        message = f"the loop is the reference that the batched version in line {batched.lineno} is compared with"
        yield Obstacle("reference-oracle", message, batched)
    elif any(word in name for word in ("benchmark", "timeit", "time_")):
        yield Obstacle("benchmark-baseline", f"`{function.name}` measures something; the loop may be what it measures", function)


def _batched_call(function: ast.AST, model: LoopModel, machine: Machine) -> ast.Call | None:
    inside = {id(node) for node in ast.walk(model.loop)}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and id(node) not in inside:
            target = machine.value(node.func, machine.root).target
            vmapped = isinstance(target, External) and target.name in {"jax.vmap", "jax.lax.map", "equinox.filter_vmap"}
            if vmapped or "vmap" in ast.unparse(node.func):
                return node
    return None


def _compares(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and any(word in ast.unparse(node.func) for word in COMPARING))
        for node in ast.walk(function)
    )
