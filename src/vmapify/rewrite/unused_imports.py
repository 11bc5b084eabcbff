"""Imports that nothing uses once the loops are rewritten: gone, as ruff's F401 would have it."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.unneeded_lines import delete_statement
from vmapify.syntax import parse
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.syntax import Module


def unused_import_edits(path: str, before: bytes, after: bytes, edits: Sequence[Edit]) -> list[Edit]:
    """Deletions, in terms of ``before``, of top-level imports that ``before`` uses and ``after`` does not.

    A package's ``__init__.py`` imports for others, so nothing is unused there. Only ``import module as name`` is
    dropped, and only where the replaced text of ``edits`` used the name: what is imported from a module may be there
    for other files.
    """
    if PurePath(path).name == "__init__.py":
        return []
    old, new = parse(path, before), parse(path, after)
    gone = {word for edit in edits for word in re.findall(r"\w+", before[edit.span.start : edit.span.end].decode())}
    still = _words(new.tree)
    return [
        _deletion(old, node, edits)
        for node in old.tree.body
        if isinstance(node, ast.Import)
        if len(node.names) == 1
        and (name := _bound(node.names[0])) in _words(old.tree)
        and name not in still
        and name in gone
    ]


def _deletion(module: Module, node: ast.Import, edits: Sequence[Edit]) -> Edit:
    """The line of ``node`` goes; the blank line behind it stays where another import takes its place."""
    deleted = delete_statement(module, node)
    if not any(edit.span == Span(deleted.span.start, deleted.span.start) for edit in edits):
        return deleted
    end = module.data.find(b"\n", module.span(node).end) + 1
    return Edit(Span(deleted.span.start, end or deleted.span.end), deleted.content)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _words(tree: ast.Module) -> set[str]:
    """Every name read, and every word in a string: annotations and ``__all__`` may be written as strings."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(re.findall(r"\w+", node.value))
    return found
