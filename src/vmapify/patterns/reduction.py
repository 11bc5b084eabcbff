"""VM104: a sum over examples, ``total += f(x)`` or ``sum(f(x) for x in xs)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel, Obstacle, Result, Sink
from vmapify.patterns import spaces
from vmapify.patterns.body import accumulations, contributions, guard_obstacle, leaving
from vmapify.syntax import loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.patterns.body import Contribution
    from vmapify.patterns.names import Names

SUM = Sink(None, "sum", "python")


def recognise(names: Names) -> Iterator[LoopModel]:
    """Sums of what a per-example computation gives; whether it gives arrays is not asked here."""
    for node in names.module.nodes:
        if isinstance(node, ast.For):
            model = _loop(node, names)
        elif isinstance(node, ast.Call) and names.may_be(node.func, {"sum"}):
            model = _call(node, names)
        else:
            continue
        if model is not None:
            yield model


def _loop(loop: ast.For, names: Names) -> LoopModel | None:
    if contributions(loop.body):
        return None  # a list is filled, too: that pattern takes the sums along
    results, obstacles = sums(loop, names)
    if not results:
        return None
    read = spaces.read(loop, names)
    summed = {result.statement for result in results}
    return LoopModel(
        rule="VM104",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=read.spaces,
        body=tuple(statement for statement in loop.body if statement not in summed),
        results=tuple(results),
        obstacles=(*obstacles, *leaving(loop), *read.obstacles),
        flat=len(read.spaces) > 1,
        progress=read.progress,
    )


def sums(loop: ast.For, names: Names) -> tuple[list[Result], list[Obstacle]]:
    """The accumulators of a loop that are read nowhere else in it."""
    added = accumulations(loop.body)
    results: list[Result] = []
    obstacles: list[Obstacle] = []
    for name in dict.fromkeys(one.name for one in added):
        mine = [one for one in added if one.name == name]
        if len(mine) > 1 or _read_elsewhere(name, mine[0], loop):
            continue
        if mine[0].guard is not None:
            obstacles.append(guard_obstacle(mine[0]))
        results.append(Result(name, mine[0].element, (SUM,), _zero(name, loop, names), mine[0].statement))
    return results, obstacles


def _read_elsewhere(name: str, mine: Contribution, loop: ast.For) -> bool:
    others = [node for statement in loop.body for node in ast.walk(statement) if isinstance(node, ast.stmt)]
    plain = [
        node for node in others if node is not mine.statement and not any(p is mine.statement for p in ast.walk(node))
    ]
    return name in loads([mine.element, loop.iter, *plain])


def _zero(name: str, loop: ast.For, names: Names) -> ast.stmt | None:
    """``total = 0.0`` before the loop in the same block, with nothing in between that reads it."""
    block, index = names.module.block_of(loop)
    for statement in reversed(block[:index]):
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Constant(value=0)) if bound == name:
                return statement
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement)):
            return None
    return None


def _call(call: ast.Call, names: Names) -> LoopModel | None:
    if len(call.args) != 1 or call.keywords or names.qualified(call.func) != "builtins.sum":
        return None
    generated = call.args[0]
    if not isinstance(generated, ast.ListComp | ast.GeneratorExp) or len(generated.generators) != 1:
        return None
    clause = generated.generators[0]
    read = spaces.read(clause, names)
    filters = [
        Obstacle("ragged-shapes", f"the filter `if {ast.unparse(test)}` drops terms", test) for test in clause.ifs
    ]
    return LoopModel(
        rule="VM104",
        module=names.module,
        loop=call,
        anchor=names.module.statement_of(call),
        spaces=read.spaces,
        body=(),
        results=(Result(None, generated.elt, (Sink(call, "sum", "python"),)),),
        obstacles=(*filters, *read.obstacles),
        flat=len(read.spaces) > 1,
        progress=read.progress,
    )
