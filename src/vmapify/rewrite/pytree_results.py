"""Structured results: one batched value for each part that is stacked, or one batched structure for all of them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.infer import Kind
from vmapify.infer.access_path import part_of
from vmapify.infer.structures import entries, is_entry, is_pytree, leaves
from vmapify.loop import WHOLE, Part, Step
from vmapify.loop.restore import Access, Restore
from vmapify.rewrite import naming
from vmapify.rewrite.collector_text import Collected, collected
from vmapify.rewrite.mutations import changes_something
from vmapify.rewrite.sink_statements import behind
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.infer import Machine, Value
    from vmapify.legality import Legality
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.spelling import Spelling

Pair = tuple["Result", "Way"]


@dataclass(frozen=True, slots=True)
class _Group:
    """The calls that stack one part, the way they are restored, and a name for the part if the program has one."""

    part: Part
    sinks: tuple[Sink, ...]
    way: Collected
    name: str | None


class Shaping:
    """What deciding on the form of the results needs to know; ``taken`` are the names that mean something around the loop."""

    def __init__(
        self, machine: Machine, model: LoopModel, legality: Legality, words: Spelling, taken: set[str]
    ) -> None:
        self.machine = machine
        self.model = model
        self.legality = legality
        self.words = words
        self.taken = taken

    def way(self, result: Result, sink: Sink, value: Value) -> Way | None:
        converted = sink.converted or result.converted
        if sink.converted and result.converted:
            return None
        return collected(self.model, replace(result, converted=converted), sink, value, self.words)


def shaped(shaping: Shaping, position: int, result: Result) -> list[Pair] | None:
    """One result as it is written, or several for its parts; None if there is no exact counterpart."""
    value = shaping.legality.values[position]
    if not any(sink.part for sink in result.sinks):
        ways = {shaping.way(result, sink, value) for sink in result.sinks}
        way = ways.pop()
        return None if ways or way is None else [(result, way)]
    groups = _groups(shaping, position, result)
    if groups is None:
        return None
    for form in (_split, _unpacked, _whole, _inside):
        pairs = form(shaping, result, value, groups)
        if pairs is not None:
            return pairs
    return None


def _groups(shaping: Shaping, position: int, result: Result) -> list[_Group] | None:
    groups: list[_Group] = []
    labels = _labels(shaping.model)
    for part in dict.fromkeys(sink.part for sink in result.sinks):
        sinks = tuple(sink for sink in result.sinks if sink.part == part)
        value = shaping.legality.parts[position].get(part, shaping.legality.values[position])
        ways = {shaping.way(result, sink, value) for sink in sinks}
        way = ways.pop()
        if ways or not isinstance(way, Collected):
            return None
        names = {sink.column or (labels.get(sink.node) if sink.node is not None else None) for sink in sinks}
        groups.append(_Group(part, sinks, way, names.pop() if len(names) == 1 else None))
    return groups


def _labels(model: LoopModel) -> dict[ast.expr, str]:
    """The names that the stack calls of parts get right behind the loop."""
    calls = {sink.node for result in model.results for sink in result.sinks if sink.node is not None}
    return behind(model, calls).names


def _split(shaping: Shaping, result: Result, _value: Value, groups: list[_Group]) -> list[Pair] | None:
    """``rows.append((a, b))`` collects as two lists do."""
    found = [(group, _entry(result.element, group.part)) for group in groups]
    if any(entry is None for _, entry in found):
        return None
    taken = {entry for _, entry in found}
    if any(changes_something(entry, shaping.model) for entry in _every(result.element) if entry not in taken):
        return None
    ordered = sorted(found, key=lambda one: (one[1].lineno, one[1].col_offset))  # type: ignore[union-attr]
    return [
        (replace(_alone(result, group), name=_name(shaping, result, group, entry), element=entry), group.way)
        for group, entry in ordered
        if entry is not None
    ]


def _every(element: ast.expr) -> list[ast.expr]:
    """The entries of the display ``element``."""
    if isinstance(element, ast.Dict):
        return element.values
    return element.elts if isinstance(element, ast.Tuple | ast.List) else []


def _alone(result: Result, group: _Group) -> Result:
    """The result that ``group`` is, if it is written as one of its own."""
    sinks = tuple(replace(sink, part=WHOLE, column=None) for sink in group.sinks if sink.node is not None)
    return replace(result, sinks=sinks, list_name=result.name)


def _entry(element: ast.expr, part: Part) -> ast.expr | None:
    """The expression in the display ``element`` that ``part`` stands for."""
    match element, part.steps:
        case ast.Tuple(elts=elts) | ast.List(elts=elts), (Step(key=int() as position, named=False),) if not any(
            isinstance(elt, ast.Starred) for elt in elts
        ):
            return elts[position] if position < len(elts) else None
        case ast.Dict(keys=keys, values=values), (Step(key=wanted, named=False),):
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            return values[names.index(wanted)] if names.count(wanted) == 1 and None not in names else None
    return None


def _name(shaping: Shaping, result: Result, group: _Group, entry: ast.expr) -> str:
    """A name for one part: the program's own, else the key, else that of the value, else a numbered one."""
    if group.name is not None:
        return group.name
    match group.part.steps:
        case (*_, Step(key=str() as key, named=False)):
            return fresh_name(shaping, key, entry, f"{result.name}_{key}")
    return fresh_name(shaping, None, entry, f"{result.name}_{str(group.part).strip('[]')}")


def fresh_name(shaping: Shaping, key: str | None, entry: ast.expr, default: str) -> str:
    """A name that means nothing yet: the key's, else that of the value, else ``default``."""
    bound = {
        n.id for space in shaping.model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)
    }
    own = entry.id if isinstance(entry, ast.Name) and entry.id not in bound else default
    free = key is not None and key.isidentifier() and key not in shaping.taken
    wanted = key if key is not None and free else default if key is not None else own
    name = naming.fresh(re.sub(r"\W", "_", wanted), shaping.taken)
    shaping.taken.add(name)
    return name


def label(model: LoopModel, sinks: Sequence[Sink]) -> str | None:
    """The name that the only call of ``sinks`` gets right behind the loop."""
    node = sinks[0].node if len(sinks) == 1 else None
    return _labels(model).get(node) if node is not None else None


def _unpacked(shaping: Shaping, result: Result, value: Value, groups: list[_Group]) -> list[Pair] | None:
    """``a, b = jax.vmap(f)(xs)`` for an ``f`` that gives pairs; what is not stacked is called ``_``."""
    parts = entries(shaping.machine, value)
    known = {_position(group.part): group for group in groups if group.name is not None}
    if parts is None or len(known) < len(groups) or not set(known) <= set(range(len(parts))):
        return None
    unused = _unused_names(shaping, result, len(parts))
    if unused is None or len(parts) < 2 or len(shaping.model.results) > 1 or not _is_batchable(shaping, value):
        return None
    pairs: list[Pair] = []
    for k in range(len(parts)):
        group = known.get(k)
        if group is not None:
            pairs.append((replace(_alone(result, group), name=group.name, entry=k), group.way))
        else:
            pairs.append((replace(result, name=unused[k], sinks=(), list_name=result.name, entry=k), Collected(0)))
    return pairs


def _position(part: Part) -> int | None:
    """``1`` for ``[1]``; None for any other part."""
    match part.steps:
        case (Step(key=int() as position, named=False),):
            return position
    return None


def _unused_names(shaping: Shaping, result: Result, count: int) -> list[str] | None:
    """A name for every entry, should it not be stacked: that of ``a, b = zip(*rows)``, else ``_`` if it is free."""
    for statement in result.apart:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=elts) | ast.List(elts=elts)]):
                return [elt.id for elt in elts if isinstance(elt, ast.Name)] if len(elts) == count else None
    return ["_"] * count if "_" not in shaping.taken else None


def _is_batchable(shaping: Shaping, value: Value) -> bool:
    """Whether every leaf may leave ``vmap``: a string may not."""
    return all(leaf.kind not in {Kind.STRING, Kind.FUNCTION, Kind.SHAPE} for leaf in leaves(shaping.machine, value))


def _whole(shaping: Shaping, result: Result, value: Value, groups: list[_Group]) -> list[Pair] | None:
    """``rows = jax.vmap(f)(xs)``, then ``rows.x`` and ``rows[0]`` are batched."""
    sinks = [sink for group in groups for sink in group.sinks]
    if not is_pytree(shaping.machine, value) or not _is_batchable(shaping, value) or result.name is None:
        return None
    if any(group.way.out_axis for group in groups):
        return None
    if not all(_is_subtree(shaping, result, value, group.part) for group in groups):
        return None
    if any(sink.node is None or sink.column is not None for sink in sinks) or result.apart:
        return None
    places = {
        sink.node: Restore((Access(str(group.part)), *group.way.restore.layers))
        for group in groups
        for sink in group.sinks
    }
    if len(sinks) == 1:
        return [(_alone(result, groups[0]), Collected(0, next(iter(places.values()))))]
    return [(result, Collected(0, places=tuple(places.items())))]  # type: ignore[arg-type]


def _is_subtree(shaping: Shaping, result: Result, value: Value, part: Part) -> bool:
    """Whether ``part`` of all rows is ``part`` of their batch: ``.x``, but not ``.x[0]`` if ``.x`` is an array."""
    machine, frame = shaping.machine, shaping.legality.frame
    for k, step in reversed(list(enumerate(part.steps))):
        before = part_of(machine, value, str(Part(part.steps[:k])), result.element, frame)
        if not is_entry(machine, before, _applied(step)):
            return False
    return True


def _applied(step: Step) -> ast.Subscript | ast.Attribute:
    """``step`` as the node that takes it, of a name that means nothing."""
    owner = ast.Name("_", ast.Load())
    if step.named:
        return ast.Attribute(owner, str(step.key), ast.Load())
    return ast.Subscript(owner, ast.Constant(step.key), ast.Load())


def _inside(shaping: Shaping, result: Result, _value: Value, groups: list[_Group]) -> list[Pair] | None:
    """``jax.vmap(lambda x: f(x).x)(xs)`` where one part is stacked, whatever ``f`` gives."""
    if len(groups) > 1 or len(shaping.model.results) > 1:
        return None
    group = groups[0]
    name = group.name or result.name
    return [(replace(_alone(result, group), name=name, part=group.part), group.way)]
