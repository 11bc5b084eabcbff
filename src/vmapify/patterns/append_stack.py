"""VM101: a list that a ``for`` loop appends to, stacked afterwards."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel, Obstacle, Result
from vmapify.patterns import spaces
from vmapify.patterns.body import contributions, guard_obstacle, leaving
from vmapify.patterns.dicts_of_lists import fate_of_table, made_table
from vmapify.patterns.indirect_stacks import changed_first, nearly_stacked
from vmapify.patterns.lists import Fate, fate_of, filled_before, made_empty
from vmapify.patterns.nests import is_inner_of_nest, perfect_nest
from vmapify.patterns.reduction import accumulated
from vmapify.patterns.sinks import structured, without_conversion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import Sink, Table
    from vmapify.patterns.body import Contribution
    from vmapify.patterns.names import Names


def recognise(names: Names) -> Iterator[LoopModel]:
    """``for x in xs: results.append(f(x))`` followed by ``jnp.stack(results)``."""
    for loop in names.module.of(ast.For):
        model = _model(loop, names)
        if model is not None:
            yield model


def _model(loop: ast.For, names: Names) -> LoopModel | None:
    added = contributions(loop.body)
    if not added:
        return None
    nest = perfect_nest(loop)
    if nest is not None and all(one.guard is loop.body[0] for one in added):
        levels, body = nest
        added = contributions(body)
    else:
        levels, body = [loop], loop.body
    if is_inner_of_nest(loop, names):
        return None
    results, obstacles, tables = _results(added, loop, names)
    if not any(result.sinks for result in results):
        return None
    read = [spaces.read(level, names) for level in levels]
    added_up, more = accumulated(loop, names) if nest is None else ([], [])
    results, obstacles = [*results, *added_up], [*obstacles, *more]
    contributed = {result.statement for result in results}
    only_kept = {
        result.statement: ast.copy_location(ast.Expr(result.element), result.statement)
        for result in results
        if result.statement is not None and not result.sinks
    }
    return LoopModel(
        rule="VM105" if any(structured(sink) for result in results for sink in result.sinks) else "VM101",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=tuple(space for one in read for space in one.spaces),
        body=tuple(
            only_kept.get(statement, statement)
            for statement in body
            if statement not in contributed or statement in only_kept
        ),
        results=tuple(result for result in results if result.sinks),
        obstacles=(
            *obstacles,
            *(o for level in levels for o in leaving(level)),
            *(o for one in read for o in one.obstacles),
        ),
        flat=len(levels) > 1 or any(len(one.spaces) > 1 for one in read),
        tables=tables,
        progress=tuple(call for one in read for call in one.progress),
    )


def _results(
    added: list[Contribution], loop: ast.For, names: Names
) -> tuple[list[Result], list[Obstacle], tuple[Table, ...]]:
    results: list[Result] = []
    obstacles: list[Obstacle] = []
    tables: list[Table] = []
    for name in dict.fromkeys(one.name for one in added):
        mine = [one for one in added if one.name == name]
        collect = _list_results if all(one.key is None for one in mine) else _table_results
        made, more, together = collect(name, mine, loop, names)
        results += made
        obstacles += [
            *more,
            *(guard_obstacle(one, mine) for one in mine if one.guard is not None and not _in_nest(one, loop)),
        ]
        tables += together
    return results, obstacles, tuple(tables)


_Made = tuple[list[Result], list[Obstacle], tuple["Table", ...]]


def _list_results(name: str, mine: list[Contribution], loop: ast.For, names: Names) -> _Made:
    block, index = names.module.block_of(loop)
    scope = names.module.function_of(loop) or names.module.tree
    fate = fate_of(name, names, scope, loop)
    init = made_empty(name, block, index, names)
    obstacles = list(fate.obstacles)
    nearly = nearly_stacked(name, names, scope, loop) if not fate.sinks else None
    if nearly is not None:
        obstacles = list(changed_first(name, nearly, loop))
        fate = Fate(sinks=(nearly,))
    elif not fate.sinks:
        obstacles.insert(0, Obstacle.of("results-used-elsewhere", "never-stacked", mine[0].statement, list=name))
    if init is None and fate.sinks:
        obstacles.append(filled_before(name, loop, names))
    results = [
        _result(one, fate.sinks, init, fate.apart, k if len(mine) > 1 else None, names) for k, one in enumerate(mine)
    ]
    return results, obstacles, ()


def _table_results(name: str, mine: list[Contribution], loop: ast.For, names: Names) -> _Made:
    """The lists of a dict; a key gets one entry an iteration."""
    block, index = names.module.block_of(loop)
    made = made_table(name, block, index, names)
    asked = tuple(dict.fromkeys(one.key for one in mine if one.key is not None))
    keys = made.keys if made is not None and made.keys is not None else asked
    fate = fate_of_table(name, keys, names, names.module.function_of(loop) or names.module.tree, loop)
    obstacles = list(fate.obstacles)
    stacked = any(fate.sinks.values())
    odd = [one for one in mine if one.key is None or one.key not in keys] or _repeated(mine)
    if not stacked:
        obstacles.insert(0, Obstacle.of("results-used-elsewhere", "lists-never-stacked", mine[0].statement, table=name))
    elif made is None:
        obstacles.append(Obstacle.of("prefilled-list", "no-empty-lists", mine[0].statement, table=name))
    elif odd or (fate.tables and set(keys) - set(asked)) or (made.keys is None and any(t.alike for t in fate.tables)):
        obstacles.append(Obstacle.of("unsupported-shape", "uneven-lists", (odd or mine)[0].statement, table=name))
    for key in (key for key in asked if stacked and not fate.sinks.get(key)):
        never = Obstacle.of("results-used-elsewhere", "never-stacked", mine[0].statement, list=f"{name}[{key!r}]")
        obstacles.append(never)
    init = made.statement if made is not None else None
    results = [
        replace(_result(one, fate.sinks.get(one.key or "", ()), init, (), None, names), key=one.key) for one in mine
    ]
    return results, obstacles, fate.tables


def _repeated(mine: list[Contribution]) -> list[Contribution]:
    keys = [one.key for one in mine]
    return [one for k, one in enumerate(mine) if one.key in keys[:k]]


def _result(
    one: Contribution,
    sinks: tuple[Sink, ...],
    init: ast.stmt | None,
    apart: tuple[ast.stmt, ...],
    slot: int | None,
    names: Names,
) -> Result:
    element, converted = without_conversion(one.element, names)
    return Result(one.name, element, sinks, init, one.statement, converted, apart, slot=slot)


def _in_nest(one: Contribution, loop: ast.For) -> bool:
    nest = perfect_nest(loop)
    return nest is not None and one.statement in nest[1]
