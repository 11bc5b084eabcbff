"""Functions of a followed module, whose lines are parsed only when somebody asks for what is in them.

A linter follows a handful of the functions of a module; parsing all of them would be most of the time of following.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = (*(set(ast.FunctionDef._fields) - {"name", "decorator_list"}), "end_lineno", "end_col_offset")


class Unread(ast.FunctionDef):
    """Its name, place and decorators are known; asked for one of ``PARTS``, it becomes the function it stands for."""

    __slots__ = ()  # the same layout, so that the class of an object can change


def put_off(
    stub: ast.FunctionDef, read: Callable[[], ast.FunctionDef], then: Callable[[ast.FunctionDef], None]
) -> None:
    """Make ``stub`` an ``Unread``: when it is needed it takes over what ``read`` gives, and is handed to ``then``."""
    for name in PARTS:
        vars(stub).pop(name, None)
    vars(stub)["unread"] = read, then
    stub.__class__ = Unread


def _become(node: ast.FunctionDef) -> ast.FunctionDef:
    read, then = vars(node).pop("unread")
    node.__class__ = ast.FunctionDef
    vars(node).update({**vars(read()), "decorator_list": node.decorator_list})
    then(node)
    return node


def _part(name: str) -> property:
    return property(lambda node: getattr(_become(node), name))


for _name in PARTS:
    setattr(Unread, _name, _part(_name))
