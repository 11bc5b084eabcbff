"""Insert one call before each site's first statement, so that a run reports when it gets there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .plan import SitePlan

HOOK = "__vmapify_site__"
"""Name of the hook in ``builtins``; it ends in two underscores, so classes do not mangle it."""


def instrumented(source: bytes, path: str, sites: Iterable[SitePlan]) -> tuple[ast.Module, set[int]]:
    """The file's tree with the calls in place, and the keys of the sites that were found.

    The inserted statements carry the location of the statement they precede, so line numbers in tracebacks
    and coverage stay right.
    """
    tree = ast.parse(source, filename=path)
    wanted: dict[tuple[int, int], list[int]] = {}
    for site in sites:
        wanted.setdefault((site.line, site.column), []).append(site.key)
    found: set[int] = set()
    for block in list(_blocks(tree)):
        for statement in list(block):
            keys = wanted.get((statement.lineno, statement.col_offset), [])
            index = block.index(statement)
            block[index:index] = [_call(key, statement) for key in keys]
            found.update(keys)
    return tree, found


def forget_spec(tree: ast.Module) -> None:
    """Make a script start with ``__spec__ = None``, as when the interpreter runs it directly."""
    index = next((i for i, node in enumerate(tree.body) if not _must_lead(node)), len(tree.body))
    statement = ast.parse("__spec__ = None").body[0]
    tree.body.insert(index, statement)


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def _call(key: int, statement: ast.stmt) -> ast.stmt:
    call = ast.Expr(ast.Call(ast.Name(HOOK, ast.Load()), [ast.Constant(key)], []))
    for node in ast.walk(call):
        ast.copy_location(node, statement)
    return call


def _must_lead(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
