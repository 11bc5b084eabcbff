"""VM101, VM103, VM104 and VM105: ``for`` statements that append, write, take up, or any mixture of these.

The statements of a loop are classified once (`contributions`); what each kind becomes is told by `collected_lists`,
`filled_buffers` and `accumulators`, none of which knows of the others.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel
from vmapify.patterns import spaces
from vmapify.patterns.accumulators import accumulated, as_unpacked
from vmapify.patterns.body import leaving
from vmapify.patterns.collected_lists import collected
from vmapify.patterns.contributions import Contributions, Gathered, contributions
from vmapify.patterns.filled_buffers import filled, filled_at_times, moved
from vmapify.patterns.host_elements import is_plain
from vmapify.patterns.nests import is_inner_of_nest, perfect_nest
from vmapify.patterns.sinks import structured
from vmapify.syntax import binding_names, loads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.loop import IterationSpace
    from vmapify.patterns.contributions import Write
    from vmapify.patterns.names import Names
    from vmapify.patterns.spaces import Spaces
    from vmapify.syntax.module import Block


def recognise(names: Names) -> Iterator[LoopModel]:
    """``for`` loops whose iterations each contribute something to a list, a buffer, a dict or an accumulator."""
    for loop in names.module.of(ast.For):
        found = contributions(loop.body, names)
        if found and not is_inner_of_nest(loop, found, names):
            model = _model(loop, found, names)
            if model is not None:
                yield model


@dataclass(frozen=True, slots=True)
class _Levels:
    """The loops of a perfect nest, outermost first, or one loop; the innermost body and what it contributes."""

    loops: tuple[ast.For, ...]
    body: Block
    found: Contributions
    read: tuple[Spaces, ...]

    @property
    def is_nest(self) -> bool:
        return len(self.loops) > 1

    @property
    def spaces(self) -> tuple[IterationSpace, ...]:
        return tuple(space for one in self.read for space in one.spaces)

    @property
    def targets(self) -> set[str]:
        return {name for loop in self.loops for name in binding_names(loop.target)}


def _model(loop: ast.For, found: Contributions, names: Names) -> LoopModel | None:
    levels = _levels(loop, found, names)
    lists = collected(levels.found.appends, loop, names)
    buffers = _buffers(levels, loop, names)
    now_and_then = any(result.scattered for result in buffers.results)
    sums = accumulated(levels.found.terms, loop, names) if not levels.is_nest and not now_and_then else Gathered()
    gathered = lists + buffers + sums
    results = gathered.results
    if not results or (not (lists.results or buffers.results) and any(is_plain(one.element) for one in results)):
        return None
    if not (lists.results or buffers.results):
        results = as_unpacked(results, loop)
    collecting = bool(lists.results)
    return LoopModel(
        rule=_rule(lists, buffers),
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=levels.spaces,
        body=_body(levels, gathered),
        results=tuple(result for result in results if result.sinks),
        obstacles=(
            *gathered.obstacles,
            *(o for level in levels.loops for o in leaving(level)),
            *(o for one in levels.read for o in one.obstacles),
        ),
        flat=(collecting and levels.is_nest) or any(len(one.spaces) > 1 for one in levels.read),
        tables=gathered.tables,
        progress=tuple(call for one in levels.read for call in one.progress),
    )


def _levels(loop: ast.For, found: Contributions, names: Names) -> _Levels:
    """All levels of a nest whose innermost body fills lists or writes rows that the loops move along, else ``loop`` alone."""
    nest = perfect_nest(loop)
    if nest is not None:
        loops, body = nest
        inner = contributions(body, names)
        targets = {name for level in loops for name in binding_names(level.target)}
        rows = any(targets & loads(write.index) for write in _always(inner.writes))
        if rows or collected(inner.appends, loop, names).results:
            return _Levels(tuple(loops), body, inner, tuple(spaces.read(level, names) for level in loops))
    return _Levels((loop,), loop.body, found, (spaces.read(loop, names),))


def _always(writes: Sequence[Write]) -> list[Write]:
    return [write for write in writes if write.guard is None]


def _buffers(levels: _Levels, loop: ast.For, names: Names) -> Gathered:
    writes = levels.found.writes
    every = moved(_always(writes), levels.body, levels.targets, loop, names)
    if every:
        return filled(every, loop, levels.spaces, names)
    if levels.is_nest:
        return Gathered()
    at_times = [write for write in writes if isinstance(write.guard, ast.If) and write.is_update]
    return filled_at_times(moved(at_times, loop.body, levels.targets, loop, names), loop, levels.spaces, names)


def _rule(lists: Gathered, buffers: Gathered) -> str:
    if any(structured(sink) for result in lists.results for sink in result.sinks):
        return "VM105"
    return "VM101" if lists.results else "VM103" if buffers.results else "VM104"


def _body(levels: _Levels, gathered: Gathered) -> tuple[ast.stmt, ...]:
    """The statements of an iteration without the contributions; what a list that nobody stacks gets is still computed."""
    contributed = {one.statement: one for one in gathered.results if one.statement is not None}
    kept: list[ast.stmt] = []
    for statement in levels.body:
        result = contributed.get(statement)
        if result is not None and not result.sinks:
            kept.append(ast.copy_location(ast.Expr(result.element), statement))
        elif result is None and statement not in gathered.again:
            kept.append(statement)
    return tuple(kept)
