"""The proof that a rewrite leaves the same as the loop did, in every state in which the program may arrive there."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from vmapify.domain.doubt import Doubt, Unproven
from vmapify.domain.dtypes import Widths
from vmapify.domain.integers import known
from vmapify.heap.objects import Frame
from vmapify.interpret import module_names, world
from vmapify.interpret.machine import Machine
from vmapify.prove.arrival import arrive
from vmapify.prove.changed import difference
from vmapify.prove.compare import Comparison
from vmapify.syntax import Scope, parse, reads_after

if TYPE_CHECKING:
    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap
    from vmapify.interpret.flow import Flow, Return
    from vmapify.interpret.running import Sources
    from vmapify.prove.changed import Difference
    from vmapify.syntax import Module


@dataclass(frozen=True, slots=True)
class Proof:
    """``doubt``: why it failed; None for a proof. ``nonempty``: every loop certainly has an iteration.

    ``assumed``: the methods that it follows as their classes define them, though a subclass elsewhere may override them.
    """

    doubt: Doubt | None
    nonempty: bool = False
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Left:
    """What statements left: the heap, the log, and how control went on."""

    heap: Heap
    log: tuple[Term, ...]
    flow: Flow


def prove(module: Module, after: bytes, sources: Sources) -> Proof:
    """Prove that the file means the same with the text ``after``, or say where that fails.

    It is proven if it holds with and without ``jax_enable_x64``, whose setting the source does not show for certain.
    """
    doubt = world.doubt(module)
    if doubt is not None:
        return Proof(doubt)
    try:
        new = parse(module.path, after)
    except SyntaxError:
        return Proof(Doubt("differs", "the text", module.path, 0))
    found = difference(module, new)
    if found is None:
        return Proof(Doubt("differs", "the text", module.path, 0))
    first = Machine(module, sources, Widths(x64=False))
    narrow = _proof(first, new, found)
    second = Machine(module, sources, Widths(x64=True))
    second.heed(first)
    return narrow if narrow.doubt is not None else _proof(second, new, found)


def _proof(machine: Machine, new: Module, found: Difference) -> Proof:
    try:
        doubt = _compared(machine, new, found, arrive(machine, found))
    except Unproven as failed:
        doubt = failed.doubt
    nonempty = all((known(count) or 0) > 0 for count in machine.trips)
    return Proof(doubt, nonempty, tuple(sorted(machine.assumed)))


def _compared(machine: Machine, new: Module, found: Difference, frame: int) -> Doubt | None:
    """Run both versions from the state in which the machine is, and compare."""
    before, log, module = machine.heap.copy(), machine.log, machine.module
    machine.common, machine.is_strict = machine.heap.next_place, True
    machine.trips.clear()
    loops = machine.loop_number()
    flow = machine.run(list(found.old), frame)
    old = _Left(machine.heap.copy(), machine.log, flow)
    machine.heap.take(before)
    machine.log = log
    machine.restart_loops(loops)
    _import(machine, new)
    _widen(machine, found, frame)
    machine.module = new
    flow = machine.run(list(found.new), frame)
    machine.module = module
    line = (found.old or found.new)[0].lineno
    event = _first_differing(old.log, machine.log)
    if event is not None:
        return Doubt("unmodelled", str(event.args[0]), module.path, line)
    differing = _differing(machine, found, frame, old, _Left(machine.heap, machine.log, flow))
    return Doubt("differs", differing, module.path, line) if differing is not None else None


def _first_differing(one: tuple[Term, ...], other: tuple[Term, ...]) -> Term | None:
    """The first thing that happens in one version alone."""
    for a, b in zip_longest(one, other):
        if a is not b:
            return a if a is not None else b
    return None


def _import(machine: Machine, new: Module) -> None:
    """Let the names be known that only the new version imports."""
    had = machine.scope(machine.module.tree).bindings
    for statement in new.tree.body:
        for alias in statement.names if isinstance(statement, ast.Import) else ():
            name = alias.asname or alias.name.partition(".")[0]
            if name not in had:
                machine.module_values[machine.module.path, name] = module_names.imported(machine, new, alias)


def _widen(machine: Machine, found: Difference, frame: int) -> None:
    """Let the frame hold the names that only the new version binds.

    Raises:
        Unproven: such a name means something else in the rest of the function.
    """
    now = machine.heap.peek(frame)
    assert isinstance(now, Frame)
    added = set(Scope.of(ast.Module(list(found.new), [])).bindings) - now.scope.bindings.keys()
    if not added:
        return
    for node in ast.walk(now.scope.node):
        if isinstance(node, ast.Name) and node.id in added:
            machine.unproven("differs", f"`{node.id}`", node)
    bindings = {**now.scope.bindings, **{name: list[ast.AST]() for name in added}}
    machine.heap.mutate(frame, replace(now, scope=replace(now.scope, bindings=bindings)))


def _differing(machine: Machine, found: Difference, frame: int, old: _Left, new: _Left) -> str | None:
    """What the versions do not leave the same; None if nothing."""
    if old.flow.through != new.flow.through or len(old.flow.returns) != len(new.flow.returns):
        return "where control goes"
    if old.flow.leaves_loop or new.flow.leaves_loop:
        return "where control goes"
    pairs = zip(old.flow.returns, new.flow.returns, strict=True)
    returned = next((what for pair in pairs if (what := _returned(machine, frame, *pair)) is not None), None)
    if returned is not None or not old.flow.through:
        return returned
    comparison = Comparison(old.heap, new.heap, machine.common)
    one, other = _frame(old.heap, frame), _frame(new.heap, frame)
    dead = _dead(machine.module, found, {*one, *other})
    for name in sorted({*one, *other} - dead):
        if name not in one or name not in other or not comparison.values(one[name], other[name]):
            return f"`{name}`"
    return _other_objects(machine, comparison, old.heap, new.heap, frame)


def _returned(machine: Machine, frame: int, one: Return, other: Return) -> str | None:
    comparison = Comparison(one.heap, other.heap, machine.common)
    if one.path != other.path or one.log != other.log or not comparison.values(one.value, other.value):
        return "the result"
    return _other_objects(machine, comparison, one.heap, other.heap, frame)


def _frame(heap: Heap, place: int) -> dict[str, Value]:
    return dict(heap.peek(place).names)  # type: ignore[union-attr]


def _other_objects(machine: Machine, comparison: Comparison, one: Heap, other: Heap, frame: int) -> str | None:
    """An object that was there before and is another thing now than in the other version."""
    for place in one.places():
        if place < machine.common and place != frame and not comparison.objects(one.peek(place), other.peek(place)):
            return "an object"
    return None


def _dead(module: Module, found: Difference, every: set[str]) -> frozenset[str]:
    """The names that nothing reads behind the statements that differ."""
    if not found.old:
        return frozenset()
    return frozenset(name for name in every if reads_after(module, found.old[-1], name) is None)
