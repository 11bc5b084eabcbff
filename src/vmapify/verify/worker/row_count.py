"""Does the text of a loop say how many rows there are, whatever its inputs are?"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSING_ON = {"enumerate", "list", "tuple", "reversed", "sorted", "iter"}
"""Builtins that yield as many values as their first argument has."""

ARRAYS = {"jax", "jaxlib", "numpy"}
"""Where the types of arrays come from; this module is loaded before them."""


def counted(text: str, constants: Mapping[str, Any]) -> int | None:
    """The number of rows of the outermost loop: it runs over a literal, a literal range, or some of the ``constants``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.For, ast.comprehension)):
            return _length(node.iter, constants)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "map":
            return None
    return None


def _length(source: ast.expr, constants: Mapping[str, Any]) -> int | None:
    if isinstance(source, (ast.Tuple, ast.List)):
        return None if any(isinstance(part, ast.Starred) for part in source.elts) else len(source.elts)
    if isinstance(source, ast.Name):
        value = constants.get(source.id)
        if type(value).__module__.partition(".")[0] in ARRAYS and isinstance(
            shape := getattr(value, "shape", None), tuple
        ):
            return int(shape[0]) if shape else None
        return len(value) if isinstance(value, (tuple, list)) else None
    if not (isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.args) or source.keywords:
        return None
    name = source.func.id
    if name in constants:
        return None
    if name == "range":
        return _steps([_whole(part, constants) for part in source.args])
    if name == "zip":
        lengths = [_length(part, constants) for part in source.args]
        return None if None in lengths else min(length for length in lengths if length is not None)
    return _length(source.args[0], constants) if name in PASSING_ON else None


def _steps(bounds: list[int | None]) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds) or len(known) > 3 or known[2:] == [0]:
        return None
    return len(range(*known))


def _whole(value: ast.expr, constants: Mapping[str, Any]) -> int | None:
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        found = _whole(value.operand, constants)
        return None if found is None else -found
    number = constants.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
    return number if type(number) is int else None
