"""Names that a rewrite would leave without a value: there may be none."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.source import apply_edits
from vmapify.syntax import stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.syntax import Module

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def undefined(module: Module, anchor: ast.stmt, edits: Sequence[Edit], missing: str | None) -> str | None:
    """A name that the function around ``anchor``, or the file, reads without a value once ``edits`` are made.

    ``missing`` is the import that comes with them.
    """
    owner = next((outer for outer in module.ancestors(anchor) if isinstance(outer, FUNCTIONS)), None)
    body = module.tree.body if owner is None else owner.body
    after = _body(module, owner, edits)
    known = set(dir(builtins)) | (stored_names(ast.parse(missing).body) if missing is not None else set())
    for outer in (owner, *module.ancestors(owner)) if owner is not None else ():
        if isinstance(outer, FUNCTIONS):
            known |= {argument.arg for argument in walk(outer.args) if isinstance(argument, ast.arg)}
        if isinstance(outer, (*FUNCTIONS, ast.Module)) and outer is not owner:
            known |= stored_names(outer.body) - stored_names(body)
    unset = stored_names(body) - stored_names(after)
    lost = upward_reads(after) - (upward_reads(body) - unset) - known
    if "*" in known | stored_names(body):
        lost &= stored_names(body)
    return min(lost, default=None)


def _body(module: Module, owner: ast.stmt | None, edits: Sequence[Edit]) -> list[ast.stmt]:
    """The body of the function ``owner``, or that of the file, after the edits."""
    if not isinstance(owner, FUNCTIONS):
        changed = apply_edits(module.data, edits)
        return ast.parse(changed).body if isinstance(changed, bytes) else []
    end = module.span(owner).end
    line_end = module.data.find(b"\n", end) + 1
    span = Span(module.offset(owner.lineno, 0), line_end or len(module.data))
    inside = [edit for edit in edits if span.covers(edit.span)]
    moved = [Edit(Span(e.span.start - span.start, e.span.end - span.start), e.content) for e in inside]
    changed = apply_edits(module.data[span.start : span.end], moved)
    text = changed if isinstance(changed, bytes) else b""
    tree = ast.parse(b"if 1:\n" + text if text[:1].isspace() else text)
    found = next((node for node in walk(tree) if isinstance(node, FUNCTIONS)), None)
    return found.body if found is not None else []
