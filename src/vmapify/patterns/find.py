"""All candidates of one file: every pattern module is asked, overlaps are resolved."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import vmapify.patterns as package
from vmapify.patterns.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmapify.infer import Machine
    from vmapify.loop import LoopModel

    Recogniser = Callable[[Names], Iterator[LoopModel]]


def find(machine: Machine, *, running: bool = True) -> list[LoopModel]:
    """Every loop of the machine's file that collects results, in source order; without ``running`` ones on request."""
    names = Names(machine)
    found = [model for recognise in _recognisers(running=running) for model in recognise(names)]
    # `jnp.stack([r[0] for r in results])` only takes apart what another loop collects
    parts = {sink.node for model in found for result in model.results for sink in result.sinks if sink.part}
    parts |= {node for model in found for node in _collects(model)}
    found = [model for model in found if model.loop not in parts or model.results[0].apart]
    found = [model for model in found if model.rule != "VM108" or not _is_inside(model, found)]
    found.sort(key=lambda model: (model.loop.lineno, model.loop.col_offset, -(model.loop.end_lineno or 0)))
    seen: set[ast.AST] = set()
    return [model for model in found if not (model.loop in seen or seen.add(model.loop))]  # type: ignore[func-returns-value]


def _is_inside(kept: LoopModel, every: list[LoopModel]) -> bool:
    """Whether the list is a part of what another loop collects."""
    span = kept.module.span(kept.loop)
    others = [model for model in every if model.rule != "VM108"]
    if any(sink.node is kept.loop for model in others for result in model.results for sink in result.sinks):
        return True
    return any(kept.module.span(model.loop).covers(span) for model in others if isinstance(model.loop, ast.expr))


def _collects(model: LoopModel) -> Iterator[ast.expr]:
    """The stack calls that a ``for`` statement fills."""
    if isinstance(model.loop, ast.For):
        yield from (sink.node for result in model.results for sink in result.sinks if sink.node is not None)


def _recognisers(*, running: bool) -> list[Recogniser]:
    """The ``recognise`` function of every module that has one; last those that may only have what no other takes."""
    every = dict(_every())
    last = [every.pop(name) for name in ("kept_lists", "carries")]
    return [*every.values(), *(last if running else last[:1])]


@cache
def _every() -> dict[str, Recogniser]:
    entries = iter_modules(package.__path__)
    rooms = {entry.name: import_module(f"{package.__name__}.{entry.name}") for entry in entries}
    return {name: room.recognise for name, room in rooms.items() if hasattr(room, "recognise")}
