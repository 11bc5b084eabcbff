"""Whether running a file does anything but define what is in it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def only_defines(path: str) -> bool:
    """Whether no statement outside of the file's functions speaks of one of them, so that running it calls none."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    own = {node.name for node in ast.walk(tree) if isinstance(node, Definition)}
    spoken = {node.id for node in _executed(tree.body) if isinstance(node, ast.Name)}
    lambdas = any(isinstance(node, (ast.Lambda, ast.comprehension)) for node in _executed(tree.body))
    return not (own & spoken) and not lambdas


def _executed(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What runs when the file does, decorators and annotations aside."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from _executed(statement.body)
        elif not isinstance(statement, Definition):
            yield from ast.walk(statement)
