"""The nodes below a node, without what nobody asks for: ``ast.walk`` is a third of the time of a linter that uses it.

Left out are the load and store contexts, which are shared between nodes, and fields that hold plain values.
"""

from __future__ import annotations

import ast

from vmapify.syntax.unread import Unread

_PLAIN = {"ctx", "id", "attr", "arg", "asname", "module", "level", "type_comment", "kind", "conversion", "simple"}
_PLAIN |= {"is_async", "rest", "kwd_attrs", "tag", "lineno", "name"}
_PLAIN_IN = {
    (ast.Constant, "value"),
    (ast.MatchSingleton, "value"),
    (ast.Global, "names"),
    (ast.Nonlocal, "names"),
}
_NODES = {("TypeAlias", "name")}  # a node where others have a string; new in Python 3.12


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each type of node that may hold nodes, found when a type is first met."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = tuple(
            name
            for name in kind._fields
            if (name not in _PLAIN and (kind, name) not in _PLAIN_IN) or (kind.__name__, name) in _NODES
        )
        self[kind] = fields
        return fields


_FIELDS = _Fields()
_LINKS = _Fields({Unread: ("decorator_list",)})


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below ``node``, in the order of its fields."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [part for part in value if part is not None]
        elif value is not None:
            found.append(value)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """``node`` and every node below it, breadth first."""
    found = [node]
    fields = _FIELDS
    for one in found:
        for name in fields[one.__class__]:
            value = getattr(one, name, None)
            if value.__class__ is list:
                found += value if None not in value else [part for part in value if part is not None]
            elif value is not None:
                found.append(value)
    return found


def linked(root: ast.AST) -> tuple[dict[ast.AST, ast.AST], list[ast.AST]]:
    """The parent of every node below ``root``, and what ``walk`` finds; functions that are not read stay so."""
    found = [root]
    parents: dict[ast.AST, ast.AST] = {}
    fields = _LINKS
    for one in found:
        for name in fields[one.__class__]:
            value = getattr(one, name, None)
            if value.__class__ is list:
                for part in value:
                    if part is not None:
                        parents[part] = one
                        found.append(part)
            elif value is not None:
                parents[value] = one
                found.append(value)
    return parents, found
