"""Dicts of lists: ``rows = {"a": [], "b": []}``, filled by a loop, and where each list, or all of them, are stacked."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle, Table
from vmapify.patterns.lists import fates_in_cells, is_early, rebinding, used_as_list, uses_after
from vmapify.patterns.projections import taken
from vmapify.patterns.sinks import TREE_MAPS, sink_of, stacker
from vmapify.syntax import loads, reads_after, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import Sink
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


@dataclass(frozen=True, slots=True)
class Made:
    """The statement that makes the dict; ``keys=None``: it makes a list for every key that is asked for."""

    statement: ast.stmt
    keys: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class TableFate:
    """What becomes of the lists of a dict: the calls that stack each, and where all are stacked together."""

    sinks: dict[str, tuple[Sink, ...]]
    tables: tuple[Table, ...]
    obstacles: tuple[Obstacle, ...]


def made_table(name: str, block: Block, index: int, names: Names) -> Made | None:
    """The statement before ``block[index]`` that makes the dict of empty lists, if nothing touches it in between."""
    for statement in reversed(block[:index]):
        value = getattr(statement, "value", None)
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=bound)]) | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr())
            ) if bound == name and isinstance(value, ast.expr):
                keys = _keys(value, names)
                return Made(statement, keys or None) if keys is not None else None
        if any(isinstance(node, ast.Name) and node.id == name for node in walk(statement)):
            return None
    return None


def _keys(value: ast.expr, names: Names) -> tuple[str, ...] | None:
    """The keys of a dict of empty lists; none if it makes them when asked."""
    match value:
        case ast.Dict(keys=[], values=[]):
            return ()
        case ast.Dict(keys=keys, values=values) if all(_is_empty(one) for one in values):
            found = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            return tuple(found) if len(set(found)) == len(keys) else None
        case ast.Call(func=function, args=[], keywords=given) if names.qualified(function) == "builtins.dict":
            found = [one.arg for one in given if one.arg is not None and _is_empty(one.value)]
            return tuple(found) if len(found) == len(given) else None
        case ast.Call(func=function, args=[ast.Name(id="list")], keywords=[]):
            return () if names.qualified(function) == "collections.defaultdict" else None
        case ast.DictComp(
            key=ast.Name(id=key),
            value=ast.List(elts=[]),
            generators=[ast.comprehension(target=ast.Name(id=each), iter=ast.Tuple() | ast.List() as literal, ifs=[])],
        ) if key == each:
            found = [one.value for one in literal.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            return tuple(found) if len(set(found)) == len(literal.elts) else None
    return None


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List) and not node.elts


def fate_of_table(name: str, keys: Sequence[str], names: Names, scope: ast.AST, loop: ast.stmt) -> TableFate:
    """What happens after ``loop`` to the dict ``name``, whose lists are those of ``keys``."""
    sinks: dict[str, list[Sink]] = {key: [] for key in keys}
    tables: list[Table] = []
    obstacles: list[Obstacle] = []
    replaced = _stacked_in_place(name, names, loop)
    until = replaced[0] if replaced is not None else rebinding(name, names, loop)
    if until is None:
        obstacles += [other for fate in fates_in_cells(name, names, scope, loop) for other in fate.obstacles]
    for use in uses_after(name, names, scope, loop, until):
        found = _entry(use, sinks, names) if not is_early(use, loop, names) else None
        if found is not None:
            key, more = found
            sinks[key] += more
            continue
        whole = _whole(use, names)
        if replaced is not None and _within(use, replaced[0]):
            whole = (*replaced, True)
        if whole is None or is_early(use, loop, names):
            obstacles.append(used_as_list(use, names))
            continue
        node, sink, in_order = whole
        if not any(table.node is node for table in tables):
            ordered = tuple(keys) if in_order else tuple(sorted(keys))
            rebinds = isinstance(node, ast.stmt)
            tables.append(Table(name, node, ordered, rebinds, alike=rebinds or not in_order))
            for key in keys:
                sinks[key].append(sink)
    return TableFate({key: tuple(found) for key, found in sinks.items()}, tuple(tables), tuple(obstacles))


def _within(use: ast.Name, statement: ast.AST) -> bool:
    return any(node is use for node in walk(statement))


def _entry(use: ast.Name, known: dict[str, list[Sink]], names: Names) -> tuple[str, tuple[Sink, ...]] | None:
    """``jnp.stack(rows["a"])``."""
    above = names.module.parents[use]
    match above:
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key), ctx=ast.Load()) if value is use:
            found = taken(above, names) if key in known else None
            return (key, found.sinks) if found is not None and found.statement is None else None
    return None


_Whole = tuple["ast.expr | ast.stmt", "Sink", bool]


def _whole(use: ast.Name, names: Names) -> _Whole | None:
    """``{k: jnp.stack(v) for k, v in rows.items()}`` in the order of the dict, ``jax.tree.map(…)`` in that of the keys."""
    above = names.module.parents[use]
    match above:
        case ast.Call(func=function, args=[mapper, mapped], keywords=[ast.keyword(arg="is_leaf", value=leaf)]) if (
            mapped is use and names.qualified(function) in TREE_MAPS and _is_list_test(leaf, names)
        ):
            sink = stacker(mapper, names)
            return (above, replace(sink, node=above), False) if sink is not None else None
    made = next((outer for outer in names.module.ancestors(use) if isinstance(outer, ast.DictComp)), None)
    match made:
        case ast.DictComp(
            key=ast.Name(id=key),
            value=value,
            generators=[ast.comprehension(target=target, iter=iterable, ifs=[], is_async=0)],
        ):
            found, each = sink_of(value, names), _target(target, iterable, use.id, names)
            mentions = sum(isinstance(node, ast.Name) and node.id == use.id for node in walk(made))
        case _:
            return None
    if found is None or each is None or key != each[0] or use.id in {key, *stored_names([target])}:
        return None
    looked_up = _is_lookup(found[1], use.id, key)
    plain = (looked_up or _is_name(found[1], each[1])) and mentions == 1 + looked_up
    free = not stored_names([target]) & _dtype_reads(found)
    return (made, replace(found[0], node=made), True) if plain and free else None


def _dtype_reads(found: tuple[Sink, ast.expr] | None) -> set[str]:
    """The names in the dtype of a stack call: one for each key is more than one cast."""
    return loads(found[0].dtype) if found is not None and found[0].dtype is not None else set()


def _is_list_test(node: ast.expr, names: Names) -> bool:
    """``lambda x: isinstance(x, list)``."""
    match node:
        case ast.Lambda(
            args=ast.arguments(args=[ast.arg(arg=one)]),
            body=ast.Call(func=ast.Name(id="isinstance") as test, args=[ast.Name(id=other), ast.Name(id="list")]),
        ):
            return one == other and names.qualified(test) == "builtins.isinstance"
    return False


def _stacked_in_place(name: str, names: Names, loop: ast.stmt) -> tuple[ast.stmt, Sink] | None:
    """``for k in rows: rows[k] = jnp.stack(rows[k])`` behind the loop, after which ``rows`` holds arrays."""
    block, index = names.module.block_of(loop)
    for statement in block[index + 1 :]:
        sink = _puts_back(statement, name, names)
        if sink is not None and not _leaks(statement, names):
            return (statement, replace(sink, node=None))
        if any(isinstance(node, ast.Name) and node.id == name for node in walk(statement)):
            return None
    return None


def _leaks(statement: ast.stmt, names: Names) -> bool:
    """Whether a variable of the loop ``statement`` is read after it."""
    return any(reads_after(names.module, statement, name) is not None for name in stored_names([statement]))


def _puts_back(statement: ast.stmt, name: str, names: Names) -> Sink | None:
    match statement:
        case ast.For(
            target=target,
            iter=iterable,
            body=[
                ast.Assign(
                    targets=[ast.Subscript(value=ast.Name(id=owner), slice=ast.Name(id=index))],
                    value=ast.Call() as call,
                )
            ],
            orelse=[],
        ) if owner == name:
            found = sink_of(call, names)
        case _:
            return None
    each = _target(target, iterable, name, names)
    if found is None or each is None or index != each[0] or _dtype_reads(found) & stored_names([statement]):
        return None
    each_list = _is_lookup(found[1], name, index) or _is_name(found[1], each[1])
    return found[0] if each_list else None


def _target(target: ast.expr, iterable: ast.expr, name: str, names: Names) -> tuple[str, str | None] | None:
    """The name of the key in ``for k in rows`` and ``for k, v in rows.items()``, and that of the list if it has one."""
    match iterable:
        case ast.Call(func=function, args=[inner], keywords=[]) if names.qualified(function) == "builtins.list":
            iterable = inner
    match target, iterable:
        case ast.Name(id=key), ast.Name() if _is_name(iterable, name):
            return key, None
        case ast.Name(id=key), ast.Call(func=ast.Attribute(value=table, attr="keys"), args=[], keywords=[]) if _is_name(
            table, name
        ):
            return key, None
        case (
            ast.Tuple(elts=[ast.Name(id=key), ast.Name(id=value)]),
            ast.Call(func=ast.Attribute(value=table, attr="items"), args=[], keywords=[]),
        ) if _is_name(table, name):
            return key, value
    return None


def _is_name(node: ast.expr, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_lookup(node: ast.expr, table: str, key: str) -> bool:
    """``rows[k]``."""
    return isinstance(node, ast.Subscript) and _is_name(node.value, table) and _is_name(node.slice, key)
