"""Python containers in disguise: what is only taken to be an array may be used as a list or dict somewhere near."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import Assumed
from vmapify.loop import Obstacle
from vmapify.syntax import dotted
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel
    from vmapify.loop.reader import Mapping

# what lists, dicts and strings have, and arrays do not
METHODS = {"append", "extend", "insert", "pop", "remove", "reverse", "clear", "count", "index", "split", "join"} | {
    "get",
    "items",
    "keys",
    "popitem",
    "setdefault",
    "startswith",
    "strip",
    "update",
    "values",
}
SEQUENCES = {("jax", "jvp"), ("jvp",)}  # they refuse primals and tangents that are no tuple or list


def obstacles(model: LoopModel, mapping: Mapping) -> Iterator[Obstacle]:
    """Mapped values that nothing proves to be arrays, and that the function around the loop uses as containers."""
    likely = {
        argument.value.assumed: argument.base
        for argument in mapping.arguments
        if argument.base is not None and argument.value.assumed is not None
    }
    if not likely:
        return
    told = {assumed: assumed.text for assumed in likely}
    for node in walk(model.module.function_of(model.anchor) or model.anchor):
        container = _container(node)
        rows = Assumed.of(container, "") if container is not None else None
        if rows in likely and rows is not None and isinstance(node, ast.expr):
            where = model.module.line_in_words(node.lineno)
            yield Obstacle.of("not-arrays", "used-as-container", likely.pop(rows), rows=told[rows], where=where)


def _container(node: ast.AST) -> ast.expr | None:
    """What ``node`` uses as a container: ``xs`` in ``xs.append``, ``xs["a"]`` and ``jax.jvp(f, xs, ts)``."""
    match node:
        case ast.Attribute(value=owner, attr=name) if name in METHODS:
            return owner
        case ast.Subscript(value=owner, slice=ast.Constant(value=str())):
            return owner
        case ast.Call(func=function, args=[_, primals, *_]) if dotted(function) in SEQUENCES:
            return primals
    return None
