"""Assignments before the loop whose names nothing reads once the loop is gone."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from vmapify.infer import Kind
from vmapify.syntax import binding_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.diagnostic import Edit, Span
    from vmapify.infer import Machine
    from vmapify.rewrite.call_text import Writer
    from vmapify.syntax import Module

PURE_CALLS = {"len", "int"}
SEEING_ALL = {"locals", "vars", "eval", "exec"}


def unused_assignments(writer: Writer, edits: list[Edit], more: str = "") -> list[ast.stmt]:
    """``n = xs.shape[0]`` before the loop, and what only such lines read, if ``n`` was read in the text that ``edits`` replace.

    ``more`` is text that is written besides.
    """
    module = writer.model.module
    scope = module.function_of(writer.model.anchor)
    if scope is None:
        return []
    names = [node for node in walk(scope) if isinstance(node, ast.Name)]
    if any(node.id in SEEING_ALL for node in names):
        return []
    texts = [more, *(edit.content for edit in edits)]
    new = _of_other_scopes(scope).union(*(re.findall(r"\w+", text) for text in texts))
    block, index = module.block_of(writer.model.anchor)
    gone = [edit.span for edit in edits]
    found: list[ast.stmt] = []
    for statement in reversed(block[:index]):
        bound = _bound(statement)
        if not bound or (set(bound) & new and not _declares(statement)) or _within(module, statement, gone):
            continue
        span = module.span(statement)
        others = [node for node in names if node.id in bound and not span.covers(module.span(node))]
        unread = bool(others) and all(_within(module, node, gone) for node in others)
        if unread and not _may_fail(writer.machine, statement):
            gone.append(span)
            found.append(statement)
    return found


def _declares(statement: ast.stmt) -> bool:
    """``i: int`` is about the variable of the loop, not about a parameter of that name."""
    return isinstance(statement, ast.AnnAssign) and statement.value is None


def _of_other_scopes(scope: ast.AST) -> set[str]:
    """What ``scope`` declares ``global`` or ``nonlocal``: others may read it."""
    return {name for node in walk(scope) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}


def _may_fail(machine: Machine, statement: ast.stmt) -> bool:
    """Whether ``n, width = x.shape`` may be what says that ``x`` is a matrix."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
            found = machine.value(value, machine.frame_at(statement))
            parts = found.shape if found.kind is Kind.SHAPE else found.items
            return parts is None or len(parts) != len(targets)
    return False


def _within(module: Module, node: ast.stmt | ast.Name, gone: list[Span]) -> bool:
    return any(span.covers(module.span(node)) for span in gone)


def _bound(statement: ast.stmt) -> list[str]:
    """The names that ``statement`` does nothing but bind or declare."""
    match statement:
        case ast.Assign(targets=[target], value=value) if _pure(value):
            names = binding_names(target)
            return names if isinstance(target, ast.Name) or _are_names(target) else []
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is None or _pure(value):
            return [name]
    return []


def _are_names(target: ast.expr) -> bool:
    return isinstance(target, ast.Tuple) and all(isinstance(part, ast.Name) for part in target.elts)


def _pure(value: ast.expr) -> bool:
    """Shapes, lengths, names and arithmetic on them: dropping the line drops nothing else."""
    calls = [node for node in walk(value) if isinstance(node, ast.Call)]
    return all(isinstance(call.func, ast.Name) and call.func.id in PURE_CALLS for call in calls) and not any(
        isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) for node in walk(value)
    )
