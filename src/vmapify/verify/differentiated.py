"""Whether a file differentiates the function that holds a loop, as far as its text shows."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REVERSE = frozenset(
    (
        "grad",
        "value_and_grad",
        "vjp",
        "jacrev",
        "jacobian",
        "hessian",
        "filter_grad",
        "filter_value_and_grad",
        "filter_vjp",
    )
)
FORWARD = frozenset(("jvp", "jacfwd", "filter_jvp"))
Definition = ast.FunctionDef | ast.AsyncFunctionDef


def differentiated(path: str, function: str | None) -> str:
    """``reverse`` or ``forward`` if the file differentiates the function or one that calls it, else nothing."""
    if function is None or Path(path).suffix != ".py":
        return ""
    names = set(function.split("."))
    ways = _ways(path)
    return next((way for way in ("reverse", "forward") if names & ways[way]), "")


@functools.cache
def _ways(path: str) -> dict[str, frozenset[str]]:
    """The names of the functions that a file differentiates, directly or through others."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {"reverse": frozenset(), "forward": frozenset()}
    spoken = {node.name: _names(node) for node in ast.walk(tree) if isinstance(node, Definition)}
    return {
        "reverse": _with_callees(set(_under(tree, REVERSE)), spoken),
        "forward": _with_callees(set(_under(tree, FORWARD)), spoken),
    }


def _under(tree: ast.AST, transformations: frozenset[str]) -> Iterator[str]:
    """The names that occur in what is handed to a transformation, and functions decorated with one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last(node.func) in transformations and node.args:
            yield from _names(node.args[0])
        if isinstance(node, Definition) and any(_last(d) in transformations for d in map(_called, node.decorator_list)):
            yield node.name


def _called(decorator: ast.expr) -> ast.expr:
    """``jax.grad`` of ``@jax.grad``, ``@jax.grad(...)`` and ``@partial(jax.grad, ...)``."""
    if not isinstance(decorator, ast.Call):
        return decorator
    return decorator.args[0] if _last(decorator.func) == "partial" and decorator.args else decorator.func


def _with_callees(names: set[str], spoken: dict[str, set[str]]) -> frozenset[str]:
    """With the functions of the file that these speak of, and so on."""
    pending = [name for name in names if name in spoken]
    while pending:
        for name in spoken[pending.pop()] - names:
            names.add(name)
            if name in spoken:
                pending.append(name)
    return frozenset(names)


def _names(node: ast.AST) -> set[str]:
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return found | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
