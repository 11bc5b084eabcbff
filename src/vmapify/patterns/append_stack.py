"""VM101: a list that a ``for`` loop appends to, stacked afterwards."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel, Obstacle, Result
from vmapify.patterns import spaces
from vmapify.patterns.body import contributions, guard_obstacle, leaving
from vmapify.patterns.lists import Fate, fate_of, made_empty
from vmapify.patterns.nearly import nearly_stacked
from vmapify.patterns.nests import is_inner_of_nest, perfect_nest
from vmapify.patterns.reduction import accumulated
from vmapify.patterns.sinks import structured, without_conversion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.patterns.body import Contribution
    from vmapify.patterns.names import Names


def recognise(names: Names) -> Iterator[LoopModel]:
    """``for x in xs: results.append(f(x))`` followed by ``jnp.stack(results)``."""
    for loop in names.module.nodes:
        if isinstance(loop, ast.For):
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
    results, obstacles = _results(added, loop, names)
    if not any(result.sinks for result in results):
        return None
    read = [spaces.read(level, names) for level in levels]
    added_up, more = accumulated(loop, names) if nest is None else ([], [])
    results, obstacles = [*results, *added_up], [*obstacles, *more]
    contributed = {result.statement for result in results}
    return LoopModel(
        rule="VM105" if any(structured(sink) for result in results for sink in result.sinks) else "VM101",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=tuple(space for one in read for space in one.spaces),
        body=tuple(statement for statement in body if statement not in contributed),
        results=tuple(result for result in results if result.sinks),
        obstacles=(
            *obstacles,
            *(o for level in levels for o in leaving(level)),
            *(o for one in read for o in one.obstacles),
        ),
        flat=len(levels) > 1 or any(len(one.spaces) > 1 for one in read),
        progress=tuple(call for one in read for call in one.progress),
    )


def _results(added: list[Contribution], loop: ast.For, names: Names) -> tuple[list[Result], list[Obstacle]]:
    block, index = names.module.block_of(loop)
    scope = names.module.function_of(loop) or names.module.tree
    results: list[Result] = []
    obstacles: list[Obstacle] = []
    for name in dict.fromkeys(one.name for one in added):
        mine = [one for one in added if one.name == name]
        init = made_empty(name, block, index, names)
        fate = fate_of(name, names, scope, loop)
        nearly = nearly_stacked(name, names, scope, loop) if not fate.sinks else None
        if nearly is not None and nearly.node is not None:
            obstacles.append(_changed_first(name, nearly.node, names))
            fate = Fate(sinks=(nearly,))
        elif not fate.sinks:
            obstacles.append(
                Obstacle("results-used-elsewhere", f"the list `{name}` is never stacked", mine[0].statement)
            )
        obstacles += fate.obstacles
        obstacles += [guard_obstacle(one) for one in mine if one.guard is not None and not _in_nest(one, loop)]
        if len(mine) > 1 and all(one.guard is None or _in_nest(one, loop) for one in mine):
            message = f"`{name}` grows by {len(mine)} entries an iteration"
            obstacles.append(Obstacle("unsupported-shape", message, mine[1].statement))
        if init is None and fate.sinks:
            message = f"`{name}` is not an empty list made just before the loop"
            obstacles.append(Obstacle("prefilled-list", message, mine[0].statement))
        element, converted = without_conversion(mine[0].element, names)
        results.append(Result(name, element, fate.sinks, init, mine[0].statement, converted, fate.apart))
    return results, obstacles


def _changed_first(name: str, call: ast.expr, names: Names) -> Obstacle:
    message = f"`{name}` is cut, joined or put into another order before `{names.module.text(call)}` stacks it"
    advice = f"stack all of `{name}` first, then slice or join the array"
    return Obstacle("results-used-elsewhere", message, call, advice)


def _in_nest(one: Contribution, loop: ast.For) -> bool:
    nest = perfect_nest(loop)
    return nest is not None and one.statement in nest[1]
