"""Reads of one row of every leaf: ``jax.tree.map(lambda a: a[i], states)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import External, Kind, Value
from vmapify.infer.expressions import extent
from vmapify.loop.reader import Argument
from vmapify.loop.row_reads import bound_between, is_stable
from vmapify.syntax import loads

if TYPE_CHECKING:
    from vmapify.infer import Linear
    from vmapify.loop.bounds import Bound
    from vmapify.loop.reader import Mapping, Reader

TREE_MAPS = {"jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map"}
CONTAINERS = {Kind.TUPLE, Kind.LIST, Kind.DICT}


def tree_read(reader: Reader, name: ast.Name, stop: Bound) -> ast.Call | None:
    """The call that takes row ``name`` of each leaf of a tree that the loop does not change, if it may be mapped."""
    call = _call(reader, name)
    if call is None:
        return None
    function, tree = call.args
    assert isinstance(function, ast.Lambda)
    filled = {result.name for result in reader.model.results}
    if not is_stable(reader, tree) or loads(tree) & (bound_between(reader, call) | filled):
        return None
    known = _lengths(reader.value(tree))
    return call if known is None or all(length is not None and length == stop.number for length in known) else None


def _call(reader: Reader, name: ast.Name) -> ast.Call | None:
    """``jax.tree.map(lambda a: a[i], tree)``, or with ``lambda a, i=i: a[i]``, around the index ``name``."""
    outer = reader.model.module.ancestors(name)
    function = next((node for node in outer if isinstance(node, ast.Lambda)), None)
    call = reader.model.module.parents.get(function) if function is not None else None
    match call:
        case ast.Call(func=called, args=[ast.Lambda() as first, ast.expr()], keywords=[]) if first is function:
            target = reader.value(called).target
        case _:
            return None
    takes = _takes_row(first, name)
    return call if takes and isinstance(target, External) and target.name in TREE_MAPS else None


def _takes_row(function: ast.Lambda, name: ast.Name) -> bool:
    spec = function.args
    if spec.posonlyargs or spec.kwonlyargs or spec.vararg or spec.kwarg or not spec.args:
        return False
    leaf, *others = [argument.arg for argument in spec.args]
    match function.body:
        case ast.Subscript(value=ast.Name(id=owner), slice=ast.Name(id=index) as part) if owner == leaf != index:
            return (part is name and not others) or (spec.defaults == [name] and others == [index])
    return False


def _lengths(value: Value) -> list[Linear | None] | None:
    """The lengths of the leaves of ``value``, None for one that is not known; None if nothing is known of them."""
    if value.kind is Kind.ARRAY:
        return [extent(value, 0)]
    parts = value.items or ((value.element,) if value.element is not None else ())
    if value.kind not in CONTAINERS or not parts:
        return None
    inner = [_lengths(part) for part in parts]
    return [length for lengths in inner for length in (lengths if lengths is not None else [None])]


def map_trees(reader: Reader, trees: dict[str, list[ast.Call]], stop: Bound, mapping: Mapping) -> bool:
    """Every tree as an argument of its own; whether it had to be assumed of one that its leaves are long enough."""
    before = len(mapping.assumptions)
    for text, calls in trees.items():
        base = calls[0].args[1]
        if _lengths(reader.value(base)) is None:
            message = f"the leaves of `{text}` have {stop} rows, as many as the loop has iterations"
            mapping.assumptions.append(Assumption("equal-lengths", message))
        lane = Value(Kind.PYTREE, traced=True)
        mapping.arguments.append(Argument(text, 0, lane, base=base, reads=tuple(calls)))
    return len(mapping.assumptions) > before
