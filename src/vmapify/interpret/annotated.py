"""Annotations: those of functions and in bodies of classes are evaluated where the definition runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import ClassValue, Library, ProjectModule, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.interpret.running import Running
    from vmapify.syntax import Module


def of_function(machine: Running, node: ast.FunctionDef | ast.Lambda, frame: int) -> None:
    """Evaluate the annotations of a function that is defined."""
    if isinstance(node, ast.Lambda):
        return
    spec = node.args
    every = (*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg)
    found = [one.annotation for one in every if one is not None and one.annotation is not None]
    evaluate(machine, [*found, *([node.returns] if node.returns is not None else [])], frame)


def of_class(machine: Running, node: ast.ClassDef, frame: int) -> None:
    """Evaluate the annotations in the body of a class, and of the methods there."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            evaluate(machine, [statement.annotation], frame)
        elif isinstance(statement, ast.FunctionDef):
            of_function(machine, statement, frame)


def evaluate(machine: Running, annotations: list[ast.expr], frame: int) -> None:
    """Evaluate annotations; those that only name types do nothing."""
    if _are_postponed(machine.module):
        return
    for one in annotations:
        if not _is_plain(machine, one, frame):
            machine.value(one, frame)


def _are_postponed(module: Module) -> bool:
    return any(
        statement.module == "__future__" and any(alias.name == "annotations" for alias in statement.names)
        for statement in module.of(ast.ImportFrom)
    )


def _is_plain(machine: Running, node: ast.expr, frame: int) -> bool:
    """Whether an annotation only puts types together, which runs no code of the program."""
    if isinstance(node, ast.Name | ast.Constant):
        return True
    if any(not isinstance(one, _PLAIN) for one in ast.walk(node)):
        return False
    return all(_is_type(machine, one, frame) for one in _operands(node))


_PLAIN = (
    *(ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr, ast.Load),
    *(ast.Starred, ast.UnaryOp, ast.USub),
)


def _operands(node: ast.expr) -> Iterator[ast.Name]:
    """The names that an attribute is read of, that are subscripted, or that stand in a union."""
    for one in ast.walk(node):
        parts = [one.left, one.right] if isinstance(one, ast.BinOp) else [getattr(one, "value", None)]
        yield from (part for part in parts if isinstance(part, ast.Name))


def _is_type(machine: Running, node: ast.Name, frame: int) -> bool:
    found = machine.value(node, frame)
    if isinstance(found, Unknown):
        return found.term.op == "import"  # of a package that the program knows nothing of
    return isinstance(found, Library | ClassValue | ProjectModule)
