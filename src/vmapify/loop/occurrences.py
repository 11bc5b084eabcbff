"""Where a loop variable occurs, with inner scopes that rebind its name left out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax import COMPREHENSIONS, binding_names
from vmapify.syntax.tree import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def occurrences(name: str, nodes: Iterable[ast.AST]) -> list[ast.Name]:
    """The ``Name`` nodes below ``nodes`` that read the variable ``name`` of the surrounding scope."""
    return [found for node in nodes for found in _below(name, node)]


def _below(name: str, node: ast.AST) -> Iterator[ast.Name]:
    if isinstance(node, ast.Name):
        if node.id == name and isinstance(node.ctx, ast.Load):
            yield node
        return
    if isinstance(node, COMPREHENSIONS):
        yield from _comprehension(name, node)
        return
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _function(name, node)
        return
    for child in children(node):
        yield from _below(name, child)


def _comprehension(name: str, node: ast.AST) -> Iterator[ast.Name]:
    generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
    yield from _below(name, generators[0].iter)
    if any(name in binding_names(clause.target) for clause in generators):
        return
    for child in children(node):
        if isinstance(child, ast.comprehension):
            parts = [*child.ifs] if child is generators[0] else [child.iter, *child.ifs]
            for part in parts:
                yield from _below(name, part)
        else:
            yield from _below(name, child)


def _function(name: str, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Name]:
    spec = node.args
    for default in (
        *spec.defaults,
        *(d for d in spec.kw_defaults if d is not None),
        *getattr(node, "decorator_list", []),
    ):
        yield from _below(name, default)
    every = [
        *spec.posonlyargs,
        *spec.args,
        *spec.kwonlyargs,
        *(a for a in (spec.vararg, spec.kwarg) if a is not None),
    ]
    if any(argument.arg == name for argument in every):
        return
    for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
        yield from _below(name, part)
