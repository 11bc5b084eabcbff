"""The body under tracing: what would fail, be lost or stay unknown if each iteration were a lane."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import ROW, Event, Kind, Value, holds_tracer
from vmapify.infer.access_path import part_of
from vmapify.infer.statements import bind
from vmapify.loop import ArraySource, IndexSource
from vmapify.loop.reader import rest_of

if TYPE_CHECKING:
    from vmapify.infer import Assumed, Frame, Machine
    from vmapify.loop import LoopModel, Part, Result, Sink, Source
    from vmapify.loop.reader import Mapping


@dataclass(frozen=True, slots=True)
class BodyRun:
    """What one abstract iteration gave: a value a result, the events, and what is used as an array that may be none.

    ``carries`` are the values that variables are set to which go on to the next iteration.
    ``parts`` holds, for every result, the values of the parts that are stacked apart.
    ``uses_jax``: a value of the iteration is handed to a function of JAX. ``doubtful``: no value depends on the row as far as
    calls could be followed, but not all could, or a row was stored in an object: the values are taken to depend on it.
    """

    values: tuple[Value, ...]
    carries: tuple[Value, ...]
    parts: tuple[dict[Part, Value], ...]
    events: tuple[Event, ...]
    evidence: frozenset[Assumed]
    uses_jax: bool
    doubtful: bool

    def of(self, position: int, sink: Sink) -> Value:
        """What ``sink`` stacks of the result at ``position``."""
        return self.parts[position].get(sink.part, self.values[position])


def run_body(machine: Machine, model: LoopModel, mapping: Mapping, frame: Frame) -> BodyRun:
    """Run one iteration of ``model`` with its mapped values traced."""
    inside = frame.copy()
    rows = [(read, one.value) for one in mapping.arguments for read in one.reads]
    # a row of a whole tree is evaluated: what maps over its leaves says what they must be
    machine.mapped = {read: value for read, value in rows if not isinstance(read, ast.Call)}
    rests = ((read, rest_of(read, argument)) for argument in mapping.arguments for read in argument.reads)
    machine.rests = {read: rest for read, rest in rests if rest}
    machine.calls_left = max(machine.calls_left, 400)  # one loop must not use up what the others need
    machine.uses_jax, machine.unfollowed, machine.used = False, False, set()
    with machine.recording() as events:
        _bind_targets(machine, model, mapping, inside)
        values = _iterate(machine, model, inside)
        carries = tuple(machine.value(one.element, inside) for one in model.carries)
        parts = tuple(_parts(machine, r, v, inside) for r, v in zip(model.results, values, strict=True))
    # what seems to be the same in every iteration may not be where not everything could be followed
    doubtful = machine.unfollowed and not any(map(holds_tracer, (*values, *carries)))
    values = tuple(value.with_traced(doubtful) for value in values)
    carries = tuple(value.with_traced(doubtful) for value in carries)
    machine.mapped, machine.rests = {}, {}
    return BodyRun(values, carries, parts, tuple(events), frozenset(machine.used), machine.uses_jax, doubtful)


def _bind_targets(machine: Machine, model: LoopModel, mapping: Mapping, frame: Frame) -> None:
    known = {id(argument.target): argument.value for argument in mapping.arguments if argument.target is not None}
    for space in model.spaces:
        for source in space.sources:
            bind(machine, source.target, known.get(id(source.target)) or _lane(source), frame)


def _lane(source: Source) -> Value:
    """The traced value of a loop target that is not a mapped argument of its own."""
    match source:
        case IndexSource():
            return Value(Kind.ARRAY, traced=True, index=True, shape=(), dtype="int")
        case ArraySource():
            return Value(Kind.UNKNOWN, traced=True, const=ROW)


def _iterate(machine: Machine, model: LoopModel, frame: Frame) -> tuple[Value, ...]:
    values: dict[int, Value] = {}
    contributed = {result.statement: k for k, result in enumerate(model.results) if result.statement is not None}
    statements = sorted([*model.body, *contributed], key=lambda node: (node.lineno, node.col_offset))
    for statement in statements:
        if statement in contributed:
            k = contributed[statement]
            values[k] = machine.value(model.results[k].element, frame)
        else:
            machine.run([statement], frame)
    for k, result in enumerate(model.results):
        if k not in values:
            values[k] = machine.value(result.element, frame)
    return tuple(values[k] for k in range(len(model.results)))


def _parts(machine: Machine, result: Result, value: Value, frame: Frame) -> dict[Part, Value]:
    wanted = dict.fromkeys(sink.part for sink in result.sinks if sink.part)
    return {part: part_of(machine, value, str(part), result.element, frame) for part in wanted}
