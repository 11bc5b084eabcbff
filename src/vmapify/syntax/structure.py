"""Whether two pieces of code are the same, told by their structure and never by their text.

Blanks, quotes, parentheses, comments and the place in the file are no part of it; nor is whether a name is read or set.
"""

from __future__ import annotations

import ast

Key = tuple[object, ...]
_NO_STRUCTURE = {"ctx", "kind", "type_comment", "type_ignores"}


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each type of node that make it what it is, last first, found when a type is first met."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = tuple(name for name in reversed(kind._fields) if name not in _NO_STRUCTURE)
        self[kind] = fields
        return fields


_FIELDS = _Fields()


def code_key(node: ast.AST) -> Key:
    """What ``node`` is made of, to be compared and hashed: two nodes have the same key if they are the same code.

    The key lists the types and plain values below ``node``, depth first and with the length of every list, so that it
    can be read in one way only. A value stands behind its type: ``1``, ``1.0`` and ``True`` are equal, but not the same.
    """
    found: list[object] = []
    left: list[object] = [node]
    while left:
        one = left.pop()
        if isinstance(one, ast.AST):
            left += [getattr(one, name, None) for name in _FIELDS[one.__class__]]
            found.append(one.__class__)  # only now: an unread function becomes one when its fields are asked for
        elif isinstance(one, list):
            found += [list, len(one)]
            left += reversed(one)
        else:
            found += [one.__class__, one]
    return tuple(found)


def same_code(one: ast.AST, other: ast.AST) -> bool:
    """Whether ``one`` and ``other`` are the same code."""
    return one is other or code_key(one) == code_key(other)


def is_full_slice(node: ast.AST) -> bool:
    """Whether ``node`` is the ``:`` of ``xs[:, i]``, which takes all of an axis."""
    return isinstance(node, ast.Slice) and node.lower is None and node.upper is None and node.step is None
