"""The judge: collects what every legality module has to say about one loop."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vmapify.diagnostic import Applicability, Assumption, Question, Reason
from vmapify.diagnostic.details import in_text
from vmapify.diagnostic.facts import described
from vmapify.infer import Kind, paths, scope_of, taught
from vmapify.infer.signatures import value_of
from vmapify.legality import (
    beside_batched,
    chunks,
    intentional_loops,
    kernels,
    list_or_array,
    loop_carried,
    nothing_computed,
    reductions,
    result_types,
    trace_evidence,
    under_trace,
    visible_effects,
)
from vmapify.legality.questions import question_of
from vmapify.legality.quick_check import rule_out
from vmapify.legality.reason import reason_for, reason_of_event
from vmapify.loop import Obstacle
from vmapify.loop.bounds import counted
from vmapify.loop.mapping import map_arguments
from vmapify.loop.reader import Mapping
from vmapify.syntax import stored_names, stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.diagnostic.facts import Fact
    from vmapify.infer import Assumed, Event, Frame, Machine, Value
    from vmapify.legality.under_trace import BodyRun
    from vmapify.loop import Carry, LoopModel, Part

_T = TypeVar("_T")

# assumptions that are told but leave a rewrite safe: a loop without iterations, another key implementation
SHOWN = {"traceable-callee", "path-taken"}
"""Questions that running both versions answers, once a run has come to the loop."""
SHOWN_BY_RUN = "shown-by-run"
DECIDED = ("python-branch-on-value", "decided")
HARMLESS = {"nonempty", "threefry-keys"}


@dataclass(frozen=True, slots=True)
class Legality:
    """The judgement on one loop: rewriting is allowed if there are no ``blockers`` and no ``questions``.

    With ``questions`` nothing that is known speaks against it, and only a run can tell.

    ``values`` are what each result is in one lane, ``parts`` those parts of it that are stacked apart, ``starts`` what
    accumulators, and variables that are carried on, start from. ``frame`` is the scope just before the loop.
    ``uses_jax``: an iteration computes with JAX, or at least with rows of a JAX array; ``returned``: its result is what a
    function returns as an array. ``carries_arrays``: what goes on from iteration to iteration are arrays, as far as can
    be seen. ``decided`` are the tests that Python decides on a value of the iteration.
    """

    blockers: tuple[Reason, ...]
    questions: tuple[Question, ...]
    assumptions: tuple[Assumption, ...]
    changes: tuple[Assumption, ...]
    mapping: Mapping
    values: tuple[Value, ...]
    parts: tuple[dict[Part, Value], ...]
    starts: tuple[Value | None, ...]
    frame: Frame
    uses_jax: bool
    returned: bool
    carries_arrays: bool
    decided: frozenset[ast.AST]

    @property
    def applicability(self) -> Applicability:
        """How sure the rewrite is without running it."""
        if self.changes:
            return "unsafe"
        return "unverified" if any(one.code not in HARMLESS for one in self.assumptions) else "safe"


@dataclass(frozen=True, slots=True)
class _Against:
    """A reason against the rewrite, with the question whether it holds at all, where that is not known."""

    reason: Reason
    question: Question | None

    @classmethod
    def of(cls, model: LoopModel, obstacle: Obstacle) -> _Against:
        reason = reason_for(model, obstacle)
        return cls(reason, question_of(reason, obstacle.mentions))

    @classmethod
    def of_event(cls, event: Event) -> _Against:
        reason = reason_of_event(event)
        return cls(reason, question_of(reason, event.mentions, certain=event.certain))


def judge(machine: Machine, model: LoopModel) -> Legality:
    """Judge ``model``; never raises on user code, every doubt becomes a reason or an assumption."""
    legality = _judge(machine, model, hasty=False)
    assert legality is not None
    return legality


def judge_if_promising(machine: Machine, model: LoopModel) -> Legality | None:
    """Judge ``model``, or give None as soon as something is found that no other spelling of the loop would cure."""
    return _judge(machine, model, hasty=True)


def _judge(machine: Machine, model: LoopModel, *, hasty: bool) -> Legality | None:
    machine.seen = {}
    frame = _surroundings(machine, model)
    with machine.counting(counted(machine, model, frame)):
        # what the bounds of the loop prove of its surroundings takes a second look at them
        return _judged(machine, model, _surroundings(machine, model) if machine.integers else frame, hasty=hasty)


def _surroundings(machine: Machine, model: LoopModel) -> Frame:
    frame = machine.frame_at(model.anchor, list(_parts(model)))
    frame = scope_of(machine, frame, model.anchor, model.loop)
    facts = facts_of(machine, model)
    return taught(machine, frame, list(_parts(model)), facts) if facts else frame


def facts_of(machine: Machine, model: LoopModel) -> tuple[Fact, ...]:
    """What a run showed of the values that the loop finds."""
    return machine.facts.get(model.module.span(model.loop).start, ())


def asked_of(model: LoopModel) -> tuple[str, ...]:
    """The names and access paths whose values the loop finds when it begins: what a run can tell of them answers questions."""
    bound = stored_names(model.body) | stores([s.target for space in model.spaces for s in space.sources])
    found = (path for part in _parts(model) for path, _ in paths(part))
    return tuple(sorted({path for path in found if path.partition(".")[0].partition("[")[0] not in bound}))


def _parts(model: LoopModel) -> Iterator[ast.AST]:
    """The statements that the loop and the collecting of its results are made of."""
    yield model.anchor
    for result in model.results:
        yield from (part for part in (result.init, *result.apart) if part is not None)
        yield from (model.module.statement_of(sink.node) for sink in result.sinks if sink.node is not None)


def _judged(machine: Machine, model: LoopModel, frame: Frame, *, hasty: bool) -> Legality | None:
    mapping = map_arguments(machine, model, frame) if len(model.spaces) == 1 else Mapping()
    if hasty and rule_out(model, (*mapping.obstacles, *intentional_loops.obstacles(machine, model, frame))):
        return None
    run = under_trace.run_body(machine, model, mapping, frame)
    starts = tuple(reductions.start_of(machine, result, frame) for result in model.results)
    against = [_Against.of(model, one) for one in _obstacles(machine, model, mapping, run, frame, starts)]
    certain = all(argument.value.assumed is None for argument in mapping.arguments)
    grown = {(name.id, statement.lineno) for name, statement in loop_carried.growth(model).items()}
    events = [event for event in run.events if not _grows(event, grown, model)]
    settled = [_settle(event, machine, model, run.evidence, certain=certain) for event in events]
    against += [one for one in settled if isinstance(one, _Against)]
    if not against:
        nothing = nothing_computed.obstacles(machine, model, mapping, frame)
        against += [_Against.of(model, one) for one in nothing]
    if any(one.reason.code != "no-mapped-value" for one in against):
        # the body could not be followed to its end, so that nothing depends on the lane says nothing
        against = [one for one in against if one.reason.code != "no-mapped-value"]
    is_open = all(one.question is not None for one in against)
    facts = facts_of(machine, model)
    shown = (
        [one.question for one in against if one.question is not None and one.question.code in SHOWN] if facts else []
    )
    if is_open and shown:
        against = [one for one in against if one.question not in shown]
    assumptions = [*mapping.assumptions, *(one for one in settled if isinstance(one, Assumption))]
    assumptions += result_types.assumptions(machine, model, mapping, run, frame)
    assumptions += reductions.assumptions(model, run.values, starts)
    if is_open:
        assumptions += [Assumption.of(SHOWN_BY_RUN, one.code, name=one.name) for one in shown]
        assumptions += [_told(fact) for fact in facts if fact in machine.taught]
    changes = visible_effects.changes(model, run.events)
    rows = any(one.base is not None and _is_jax(machine.value(one.base, frame)) for one in mapping.arguments)
    returned = _returned(machine, model, frame)
    carried = _carried(machine, model, run, frame)
    starts = (*starts, *(start for _, _, start in carried))
    return Legality(
        () if is_open else _unique([one.reason for one in against]),
        _unique([one.question for one in against if one.question is not None]) if is_open else (),
        _unique(assumptions),
        _unique(changes),
        mapping,
        run.values,
        run.parts,
        starts,
        frame,
        uses_jax=run.uses_jax or rows,
        returned=returned,
        carries_arrays=all(_goes_on(*one, uses_jax=run.uses_jax or rows or returned) for one in carried),
        decided=frozenset(one.node for one in events if one.grade == "fatal" and (one.code, one.subcode) == DECIDED),
    )


def _told(fact: Fact) -> Assumption:
    return Assumption.of(SHOWN_BY_RUN, "value", name=fact.name, seen=described(fact.seen), arrivals=fact.arrivals)


def _obstacles(
    machine: Machine, model: LoopModel, mapping: Mapping, run: BodyRun, frame: Frame, starts: tuple[Value | None, ...]
) -> Iterator[Obstacle]:
    """What every legality module has to say against the rewrite, the events of the iteration aside."""
    yield from (*model.obstacles, *mapping.obstacles)
    yield from loop_carried.misplaced(model)
    yield from loop_carried.dependencies(model)
    yield from result_types.obstacles(machine, model, mapping, run, frame)
    yield from list_or_array.obstacles(model, mapping)
    yield from chunks.obstacles(machine, model, frame)
    yield from reductions.obstacles(model, run.values, starts)
    yield from intentional_loops.obstacles(machine, model, frame)
    yield from beside_batched.obstacles(model)
    yield from kernels.obstacles(model)
    yield from visible_effects.obstacles(model, run.events)


def _carried(machine: Machine, model: LoopModel, run: BodyRun, frame: Frame) -> list[tuple[Carry, Value, Value | None]]:
    """The variables that go on from iteration to iteration, with what they are set to and what they start from."""
    starts = (machine.lookup(one.name, frame) if one.name is not None else None for one in model.carries)
    return list(zip(model.carries, run.carries, starts, strict=True))


def _goes_on(carry: Carry, value: Value, start: Value | None, *, uses_jax: bool) -> bool:
    """Whether ``carry`` is an array as far as can be seen; what a search ends with may be a structure of arrays."""
    if carry.name is None:
        return value.kind in {*result_types.STACKABLE, Kind.TUPLE, Kind.LIST} and not value.index
    return takes_arrays(value, uses_jax=uses_jax) and not (start is not None and reductions.takes_no_array(start))


def takes_arrays(value: Value, *, uses_jax: bool) -> bool:
    """Whether ``value`` is an array of JAX, or something unknown in a loop where ``uses_jax`` speaks for one."""
    if value.kind is Kind.UNKNOWN:
        return value.traced and uses_jax
    return value.kind is Kind.ARRAY and not value.index and value.assumed is None


def _grows(event: Event, grown: set[tuple[str, int]], model: LoopModel) -> bool:
    """A list that grows in another way than by one plain append: the pattern has told so already."""
    adds = event.subcode == "grows-in-place" or (
        event.subcode == "method-changes" and event.about("method") in {"append", "extend"}
    )
    if event.path != model.module.path or not adds:
        return False
    owner = event.about("owner")
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    return isinstance(owner, ast.Name) and (owner.id, event.line) in grown


def _returned(machine: Machine, model: LoopModel, frame: Frame) -> bool:
    function = model.module.function_of(model.anchor)
    declared = getattr(function, "returns", None)
    if declared is None or not isinstance(model.anchor, ast.Return) or model.anchor.value is not model.loop:
        return False
    return value_of(machine, declared, frame, "returned").kind is Kind.ARRAY


def _is_jax(value: Value) -> bool:
    return (value.kind is Kind.ARRAY and value.assumed is None) or (
        value.kind is Kind.LIST and value.element is not None and value.element.kind is Kind.ARRAY
    )


def _settle(
    event: Event, machine: Machine, model: LoopModel, used: frozenset[Assumed], *, certain: bool
) -> _Against | Assumption | None:
    """A fatal event blocks, an unknown one blocks or is assumed, an observed one is told elsewhere.

    ``certain``: what the loop runs over is shown to be arrays; else nobody knows what an unknown callee is called with.
    """
    if event.grade == "observed":
        return None
    if (
        event.code == "array-like"
        and event.subcode == "indexed"
        and not result_types.looks_like_array(machine, model, event, used)
    ):
        return _Against.of(model, Obstacle("not-arrays", event.subcode, model.loop, event.mentions))
    if event.grade == "unknown" and event.code != "opaque-callee":
        return Assumption(event.code, event.subcode, in_text(event.mentions))
    line = trace_evidence.traced_at(event, machine, model) if event.code == "opaque-callee" else None
    if line is not None and certain:
        where = model.module.line_in_words(line)
        return Assumption("traceable-callee", event.subcode, in_text((*event.mentions, ("where", where))))
    return _Against.of_event(event)


def _unique(entries: list[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(entries))
