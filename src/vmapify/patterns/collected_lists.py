"""Lists and dicts of lists that a ``for`` loop appends to, stacked afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle, Result
from vmapify.patterns.body import guard_obstacle
from vmapify.patterns.contributions import Gathered
from vmapify.patterns.dicts_of_lists import fate_of_table, made_table
from vmapify.patterns.indirect_stacks import changed_first, nearly_stacked
from vmapify.patterns.lists import Fate, fate_of, filled_before, made_empty
from vmapify.patterns.sinks import without_conversion

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from vmapify.loop import Sink
    from vmapify.patterns.contributions import Append
    from vmapify.patterns.names import Names


def collected(appends: Sequence[Append], loop: ast.For, names: Names) -> Gathered:
    """The lists that ``loop`` fills, each with the calls that stack it; nothing if none is stacked."""
    found = Gathered()
    for name in dict.fromkeys(one.name for one in appends):
        mine = [one for one in appends if one.name == name]
        collect = _list if all(one.key is None for one in mine) else _table
        guarded = tuple(guard_obstacle(one, mine) for one in mine if one.guard is not None)
        found += collect(name, mine, loop, names) + Gathered(obstacles=guarded)
    return found if any(result.sinks for result in found.results) else Gathered()


def _list(name: str, mine: list[Append], loop: ast.For, names: Names) -> Gathered:
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
    slots = range(len(mine)) if len(mine) > 1 else (None,)
    pairs = zip(mine, slots, strict=True)
    results = (_result(one, fate.sinks, init, fate.apart, slot, names) for one, slot in pairs)
    return Gathered(tuple(results), tuple(obstacles))


def _table(name: str, mine: list[Append], loop: ast.For, names: Names) -> Gathered:
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
    results = (
        replace(_result(one, fate.sinks.get(one.key or "", ()), init, (), None, names), key=one.key) for one in mine
    )
    return Gathered(tuple(results), tuple(obstacles), fate.tables)


def _repeated(mine: list[Append]) -> list[Append]:
    keys = [one.key for one in mine]
    return [one for k, one in enumerate(mine) if one.key in keys[:k]]


def _result(
    one: Append,
    sinks: tuple[Sink, ...],
    init: ast.stmt | None,
    apart: tuple[ast.stmt, ...],
    slot: int | None,
    names: Names,
) -> Result:
    element, converted = without_conversion(one.element, names)
    return Result(one.name, element, sinks, init, one.statement, converted, apart, slot=slot)
