"""Elements that certainly are Python values, whatever the names in them stand for."""

from __future__ import annotations

import ast

TESTS = (ast.In, ast.NotIn, ast.Is, ast.IsNot)
BUILTINS = {"isinstance", "issubclass", "hasattr", "callable", "len", "str", "repr", "type", "ord", "id"}
ATTRIBUTES = {"size", "ndim", "itemsize", "nbytes"}
METHODS = {"startswith", "endswith", "isspace", "isdigit", "isalpha", "isupper", "islower", "isidentifier"}


def is_plain(node: ast.expr) -> bool:
    """Whether ``node`` is a number, a string or a truth value of Python, so that there is nothing to compute with JAX.

    A name such as ``len`` may mean something else in a file; its result would have to be an array to be missed.
    """
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(left=left, ops=ops, comparators=right):
            parts = (left, *right)
            return any(isinstance(op, TESTS) for op in ops) or any(map(_is_string, parts)) or all(map(is_plain, parts))
        case ast.BoolOp(values=values):
            return all(map(is_plain, values))
        case ast.BinOp(left=left, right=right):
            return is_plain(left) and is_plain(right)
        case ast.Attribute(attr=name):
            return name in ATTRIBUTES
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in BUILTINS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in METHODS
    return False


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
