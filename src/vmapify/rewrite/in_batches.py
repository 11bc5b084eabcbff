"""The same rewrite with ``jax.lax.map`` in batches, for rows that do not fit into memory all at once."""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Edit, Finding

MAPPED = "{module}.lax.map({function}, {rows}, batch_size={size})"


def in_batches(finding: Finding, size: int) -> Finding | None:
    """The finding with ``jax.lax.map(f, xs, batch_size=size)`` for its ``jax.vmap(f)(xs)``; None for any other form.

    There must be one such call, of one mapped argument, with all axes 0, and its text must stand once in the edits.
    """
    site = finding.site
    if site is None:
        return None
    found = _replacement(site.after, size)
    if found is None:
        return None
    old, new = found
    contents = [edit.content for edit in finding.edits]
    if sum(content.count(old) for content in contents) != 1 or site.after.count(old) != 1:
        return None
    return dataclasses.replace(
        finding,
        edits=tuple(_replaced(edit, old, new) for edit in finding.edits),
        site=dataclasses.replace(site, after=site.after.replace(old, new)),
        replacement=finding.replacement.replace(old, new) if finding.replacement else finding.replacement,
    )


def _replaced(edit: Edit, old: str, new: str) -> Edit:
    return dataclasses.replace(edit, content=edit.content.replace(old, new))


def _replacement(text: str, size: int) -> tuple[str, str] | None:
    """The text of the one outermost call of a vmapped function, and what takes its place."""
    calls = [node for node in _outermost(ast.parse(text)) if isinstance(node, ast.Call)]
    if len(calls) != 1 or not isinstance(calls[0].func, ast.Call):
        return None
    (call,) = calls
    mapped = calls[0].func
    attribute = mapped.func
    if not isinstance(attribute, ast.Attribute) or not isinstance(attribute.value, ast.Name):
        return None
    arguments = [*mapped.args, *call.args]
    plain = not (mapped.keywords or call.keywords) and len(mapped.args) == len(call.args) == 1
    if not plain or any(isinstance(argument, ast.Starred) for argument in arguments):
        return None
    old, function, rows = (ast.get_source_segment(text, node) for node in (call, *arguments))
    if old is None or function is None or rows is None:
        return None
    return old, MAPPED.format(module=attribute.value.id, function=function, rows=rows, size=size)


def _outermost(node: ast.AST) -> list[ast.AST]:
    """Calls of ``….vmap(…)``, and names and attributes called vmap elsewhere, outside of each other."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and _is_vmap(node.func.func):
        return [node]
    if _is_vmap(node):
        return [node]
    return [found for child in ast.iter_child_nodes(node) for found in _outermost(child)]


def _is_vmap(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "vmap") or (
        isinstance(node, ast.Name) and node.id == "vmap"
    )
