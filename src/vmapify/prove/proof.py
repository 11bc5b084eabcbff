"""The proof that a rewrite leaves the same as the loop did, in every state in which the program may arrive there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.doubt import Doubt, Unproven
from vmapify.domain.dtypes import Widths
from vmapify.interpret import world
from vmapify.interpret.machine import Machine
from vmapify.prove.arrival import arrive
from vmapify.prove.changed import difference
from vmapify.prove.compare import Comparison
from vmapify.syntax import parse, reads_after

if TYPE_CHECKING:
    from vmapify.heap.heap import Heap
    from vmapify.interpret.flow import Flow
    from vmapify.interpret.running import Sources
    from vmapify.prove.changed import Difference
    from vmapify.syntax import Module


def doubt_of(module: Module, after: bytes, sources: Sources) -> Doubt | None:
    """Why it is not proven that the file means the same with the text ``after``; None if it is proven.

    It is proven if it holds with and without ``jax_enable_x64``, whose setting the source does not show for certain.
    """
    opening = world.opening(module)
    if opening is not None:
        name = getattr(opening, "id", None) or getattr(opening, "attr", "")
        return Doubt("open-world", name, module.path, getattr(opening, "lineno", 0))
    try:
        new = parse(module.path, after)
    except SyntaxError:
        return Doubt("differs", "", module.path, 0)
    found = difference(module.tree.body, new.tree.body)
    if found is None:
        return Doubt("differs", "", module.path, 0)
    for x64 in (False, True):
        doubt = _doubt(Machine(module, sources, Widths(x64)), module, new, found)
        if doubt is not None:
            return doubt
    return None


def _doubt(machine: Machine, module: Module, new: Module, found: Difference) -> Doubt | None:
    try:
        frame = arrive(machine, found)
        return _compared(machine, module, new, found, frame)
    except Unproven as failed:
        return failed.doubt


def _compared(machine: Machine, module: Module, new: Module, found: Difference, frame: int) -> Doubt | None:
    before, log = machine.heap.copy(), machine.log
    common = machine.common = machine.heap.next_place
    machine.is_strict = True
    loops = machine.loop_number()
    old_flow = machine.run(list(found.old), frame)
    old_heap, old_log = machine.heap.copy(), machine.log
    machine.heap.take(before)
    machine.log = log
    machine.restart_loops(loops)
    machine.module = new
    try:
        new_flow = machine.run(list(found.new), frame)
    finally:
        machine.module = module
    line = found.old[0].lineno if found.old else found.new[0].lineno
    if old_log != machine.log:
        return Doubt("effects-differ", "", module.path, line)
    return _flows(machine, module, found, frame, old_heap, old_flow, new_flow, common) and Doubt(
        "differs", _flows(machine, module, found, frame, old_heap, old_flow, new_flow, common) or "", module.path, line
    )


def _flows(
    machine: Machine,
    module: Module,
    found: Difference,
    frame: int,
    old_heap: Heap,
    old: Flow,
    new: Flow,
    common: int,
) -> str | None:
    """What differs between two ways of leaving the statements; None if nothing does."""
    if old.through != new.through or len(old.returns) != len(new.returns) or old.leaves_loop or new.leaves_loop:
        return "control"
    for one, other in zip(old.returns, new.returns, strict=True):
        comparison = Comparison(one.heap, other.heap, common)
        if one.path != other.path or one.log != other.log or not comparison.values(one.value, other.value):
            return "the result"
        if not _same_heap(comparison, one.heap, other.heap, common, skip=frame):
            return "an object"
    if not old.through:
        return None
    comparison = Comparison(old_heap, machine.heap, common)
    dead = _dead(module, found, frame, old_heap, machine.heap)
    one_frame, other_frame = old_heap.peek(frame), machine.heap.peek(frame)
    for name in sorted({*one_frame.names, *other_frame.names} - dead):  # type: ignore[union-attr]
        one, other = one_frame.names.get(name), other_frame.names.get(name)  # type: ignore[union-attr]
        if one is None or other is None or not comparison.values(one, other):
            return name
    return None if _same_heap(comparison, old_heap, machine.heap, common, skip=frame) else "an object"


def _same_heap(comparison: Comparison, one: Heap, other: Heap, common: int, skip: int) -> bool:
    return all(
        comparison.objects(one.peek(place), other.peek(place))
        for place in one.places()
        if place < common and place != skip
    )


def _dead(module: Module, found: Difference, frame: int, one: Heap, other: Heap) -> frozenset[str]:
    """The names that nothing reads behind the statements that differ."""
    if not found.old:
        return frozenset()
    last = found.old[-1]
    every = {*one.peek(frame).names, *other.peek(frame).names}  # type: ignore[union-attr]
    return frozenset(name for name in every if reads_after(module, last, name) is None)
