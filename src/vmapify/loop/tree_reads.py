"""Reads of one row of every leaf: ``jax.tree.map(lambda a: a[i], states)``, ``{k: a[i] for k, a in states.items()}``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import External, Kind, Value
from vmapify.infer.expressions import extent
from vmapify.loop.reader import Argument
from vmapify.loop.row_reads import bound_between, is_stable
from vmapify.syntax import loads, root_name

if TYPE_CHECKING:
    from vmapify.infer import Linear
    from vmapify.loop.bounds import Bound
    from vmapify.loop.reader import Mapping, Reader
    from vmapify.syntax.structure import Key

TREE_MAPS = {"jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map"}
TREE_LEAVES = {"jax.tree.leaves", "jax.tree_util.tree_leaves", "jax.tree_leaves"}
CONTAINERS = {Kind.TUPLE, Kind.LIST, Kind.DICT}


TreeRead = ast.Call | ast.DictComp


def tree_read(reader: Reader, name: ast.Name, stop: Bound) -> TreeRead | None:
    """What takes row ``name`` of each leaf of a tree that the loop does not change, if it may be mapped."""
    read = _call(reader, name) or _entries(reader, name)
    if read is None:
        return None
    tree = tree_of(read)
    filled = {result.name for result in reader.model.results}
    if not is_stable(reader, tree) or loads(tree) & (bound_between(reader, read) | filled):
        return None
    known = _lengths(reader.value(tree))
    if known is not None:
        return read if all(length is not None and length == stop.number for length in known) else None
    return None if _is_less(stop) else read


def _is_less(stop: Bound) -> bool:
    """Whether ``stop`` is some length less or more some rows: not how many rows the leaves have."""
    return bool(stop.text and stop.offset) or bool(stop.number is not None and stop.number.terms and stop.number.const)


def tree_of(read: TreeRead) -> ast.expr:
    """The tree that ``read`` takes rows of."""
    if isinstance(read, ast.Call):
        return read.args[1]
    items = read.generators[0].iter
    assert isinstance(items, ast.Call) and isinstance(items.func, ast.Attribute)
    return items.func.value


def _entries(reader: Reader, name: ast.Name) -> ast.DictComp | None:
    """``{k: a[i] for k, a in tree.items()}`` around the index ``name``."""
    row = reader.model.module.parents.get(name)
    found = reader.model.module.parents.get(row) if row is not None else None
    match found:
        case ast.DictComp(
            key=ast.Name(id=key),
            value=ast.Subscript(value=ast.Name(id=entry), slice=index),
            generators=[
                ast.comprehension(
                    target=ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)]),
                    iter=ast.Call(func=ast.Attribute(value=tree, attr="items"), args=[], keywords=[]),
                    ifs=[],
                    is_async=0,
                )
            ],
        ) if index is name and (key, entry) == (one, other) and len({one, other, name.id}) == 3:
            return found if reader.value(tree).kind in {Kind.UNKNOWN, Kind.DICT, Kind.PYTREE} else None
    return None


def _call(reader: Reader, name: ast.Name) -> ast.Call | None:
    """``jax.tree.map(lambda a: a[i], tree)``, or with ``lambda a, i=i: a[i]``, around the index ``name``."""
    outer = reader.model.module.ancestors(name)
    function = next((node for node in outer if isinstance(node, ast.Lambda)), None)
    call = reader.model.module.parents.get(function) if function is not None else None
    match call:
        case ast.Call(func=called, args=[ast.Lambda() as first, ast.expr()], keywords=[]) if first is function:
            known = is_external(reader, called, TREE_MAPS)
        case _:
            return None
    return call if known and _takes_row(first, name) else None


def is_external(reader: Reader, function: ast.expr, names: set[str]) -> bool:
    """Whether ``function`` is one of the library functions ``names``."""
    target = reader.value(function).target
    return isinstance(target, External) and target.name in names


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


def map_trees(reader: Reader, trees: dict[Key, list[TreeRead]], stop: Bound, mapping: Mapping) -> bool:
    """Every tree as an argument of its own; whether it had to be assumed of one that its leaves are long enough."""
    before = len(mapping.assumptions)
    for reads in trees.values():
        base = tree_of(reads[0])
        text = reader.text(base)
        if any(isinstance(read, ast.DictComp) for read in reads) and reader.value(base).kind is Kind.UNKNOWN:
            mapping.assumptions.append(Assumption.of("array-like", "leaves", tree=text))
        if _lengths(reader.value(base)) is None:
            mapping.assumptions.append(Assumption.of("equal-lengths", "leaves", tree=text, count=str(stop)))
        lane = Value(Kind.PYTREE, traced=True)
        mapping.arguments.append(Argument((text,), 0, lane, base=base, reads=tuple(reads), entire=True))
    return len(mapping.assumptions) > before


def changed_root(node: ast.AST) -> str | None:
    """``a`` where ``node`` sets ``a``, ``a.b`` or ``a["b"]``, or is a statement that calls a method of ``a``."""
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript() if not isinstance(node.ctx, ast.Load):
            return root_name(node)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=inner))):
            return root_name(inner)
    return None
