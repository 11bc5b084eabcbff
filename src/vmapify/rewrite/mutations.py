"""Local containers that a body changes after something was taken out of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.syntax import loads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vmapify.loop import LoopModel

DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
MAKERS = {"list", "dict", "set", "iter", "deque", "defaultdict", "OrderedDict", "bytearray"}


def is_changed_later(element: ast.expr, later: Sequence[ast.AST], model: LoopModel) -> bool:
    """Whether ``element``, which takes something out of a container, may be something else behind ``later``, or change it.

    An element that is a name means the container itself, before and after.
    """
    if isinstance(element, ast.Name | ast.Constant) or not later:
        return False
    containers = _containers(model, element)
    if _related(_names(_changed(element, containers)), model) & loads(later):
        return True  # `rows.pop()` must come before what looks at `rows` behind it
    read = _related(loads(element), model)
    return any(name in read for part in later for name in _changed(part, containers))


def changes_something(element: ast.expr, model: LoopModel) -> bool:
    """Whether ``element`` may change a container: leaving it out would be seen."""
    return bool(_names(_changed(element, _containers(model, element))))


def _names(found: Iterable[str | None]) -> set[str]:
    return {name for name in found if name is not None}


def _changed(part: ast.AST, containers: set[str | None]) -> Iterator[str | None]:
    """The names that ``part`` sets an entry of, or that it hands to a call which may change them."""
    for node in walk(part):
        match node:
            case ast.Subscript(value=value) | ast.Attribute(value=value) if not isinstance(node.ctx, ast.Load):
                yield _root(value)
            case ast.Expr(value=ast.Call(func=function, args=args)):
                yield from (_root(part) for part in (function, *args))
            case ast.Call(func=function, args=args, keywords=keywords):
                parts = (function, *args, *(keyword.value for keyword in keywords))
                yield from (root for root in map(_root, parts) if root in containers)


def _containers(model: LoopModel, element: ast.expr) -> set[str | None]:
    """Locals that certainly are containers, and results of calls that ``element`` takes entries of."""
    entered = {_root(node.value) for node in walk(element) if isinstance(node, ast.Subscript | ast.Attribute)}
    found: set[str] = set()
    for node in _assignments(model):
        made = node.value.func if isinstance(node.value, ast.Call) else None
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node.value, DISPLAYS) or (isinstance(made, ast.Name) and made.id in MAKERS):
            found |= names
        elif made is not None:
            found |= names & _names(entered)
    for node in _assignments(model):  # in the order of the lines, as names are handed on
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        found |= names if _root(node.value) in found else set()
    return set(found)


def _related(names: set[str], model: LoopModel) -> set[str]:
    """``names`` with those that may stand for the same objects, or for what these hold."""
    found = set(names)
    groups = [
        loads(node.value) | {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in _assignments(model)
    ]
    for _ in groups if names else ():
        for group in groups:
            found |= group if group & found else set()
    return found


def _assignments(model: LoopModel) -> list[ast.Assign]:
    return [node for statement in model.body for node in walk(statement) if isinstance(node, ast.Assign)]


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
