"""Where a local function goes: blank lines around it, comments right above it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.call_text import indent_of

if TYPE_CHECKING:
    from vmapify.syntax import Module

HUGGING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)  # headers that a definition may follow at once


def blank_lines_before(module: Module, statement: ast.stmt, gone: set[ast.stmt]) -> list[Edit]:
    """The blank lines that a function in the place of ``statement`` needs, above the comments that belong to it.

    ``gone`` are statements right before it that are deleted.
    """
    block, index = module.block_of(statement)
    left = [other for other in block[:index] if other not in gone]
    first = comment_line(module, statement, gone)
    if not left and (first < statement.lineno or isinstance(module.parents[statement], (*HUGGING, ast.Module))):
        return []
    above = first
    while above - 1 in _lines(gone):
        above -= 1
    if above == 1 or not module.data[module.offset(above - 1, 0) : module.offset(above, 0)].strip():
        return []
    at = module.offset(first, 0)
    return [Edit(Span(at, at), "\n" if indent_of(module, statement) else "\n\n")]


def comment_line(module: Module, statement: ast.stmt, gone: set[ast.stmt]) -> int:
    """The number of the first line of the comments right above ``statement``, its own line if there are none."""
    lines = module.data.split(b"\n")
    deleted = _lines(gone)
    first = at = statement.lineno
    while at > 1 and (at - 1 in deleted or lines[at - 2].strip().startswith(b"#")):
        at -= 1
        if at not in deleted or b"#" in lines[at - 1]:
            first = at
    return first


def _lines(statements: set[ast.stmt]) -> set[int]:
    return {line for one in statements for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
