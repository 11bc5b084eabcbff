"""Loops: the items one by one, or one iteration for all of them.

One iteration stands for all if nothing that an iteration writes is read by a later one. What it leaves is then known:
a list has one item more for every iteration, a buffer has its rows written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.doubt import Unproven
from vmapify.domain.rebuild import at
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Unknown
from vmapify.heap.heap import with_name
from vmapify.heap.objects import Frame, HostArray, Lanes, ListObject
from vmapify.interpret import folds, names, targets
from vmapify.interpret.carried import holds, symbol
from vmapify.interpret.flow import Flow
from vmapify.interpret.watched import Watched
from vmapify.library import buffers, host_arrays
from vmapify.library.lanes import one_by_one
from vmapify.syntax import stored_names

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap
    from vmapify.interpret.running import Running

    Body = Callable[[Value], tuple[Value | Lanes, ...]]


def for_statement(machine: Running, node: ast.For, frame: int) -> Flow:
    """``for target in iter: body``."""
    source = machine.value(node.iter, frame)

    def body(item: Value) -> tuple[Value | Lanes, ...]:
        targets.assign(machine, node.target, item, frame)
        flow = machine.run(node.body, frame)
        if not flow.through or flow.returns or flow.leaves_loop:
            machine.unproven("control-leaves", "for", node)
        return ()

    each(machine, source, node, body, frame, frozenset(stored_names([node.target, *node.body])))
    return machine.run(node.orelse, frame) if node.orelse else Flow()


def each(
    machine: Running, source: Value, node: ast.AST, body: Body, frame: int, stored: frozenset[str]
) -> tuple[Value | Lanes, ...]:
    """Run ``body`` for every item of ``source``, and give what it gives; it may bind the names ``stored`` of ``frame``.

    Raises:
        Unproven: what ``source`` holds is not known, or an iteration depends on another one.
    """
    watched = Watched(machine, source, node)
    found: list[Value | Lanes] = []
    for position, part in enumerate(watched.parts):
        found += over(machine, (part,), node, body, frame, stored)
        if watched.changed(position):
            machine.unproven("carried", "items", node)
    return tuple(found)


def over(
    machine: Running, parts: tuple[Value | Lanes, ...], node: ast.AST, body: Body, frame: int, stored: frozenset[str]
) -> tuple[Value | Lanes, ...]:
    """Run ``body`` for every item of ``parts``, which nothing changes meanwhile."""
    found: list[Value | Lanes] = []
    for part in parts:
        found += _all_of(machine, part, node, body, frame, stored) if isinstance(part, Lanes) else body(part)
    return tuple(found)


def _all_of(
    machine: Running, part: Lanes, node: ast.AST, body: Body, frame: int, stored: frozenset[str]
) -> tuple[Value | Lanes, ...]:
    before, log = machine.heap.copy(), machine.log
    try:
        return _at_once(machine, part, node, body, frame, stored)
    except Unproven:
        few = one_by_one(part)
        machine.heap.take(before)
        machine.log = log
        if few is None:
            if folds.folded(machine, part, body, frame, stored):
                return ()
            raise
        return tuple(made for item in few for made in body(item))


def _at_once(
    machine: Running, part: Lanes, node: ast.AST, body: Body, frame: int, stored: frozenset[str]
) -> tuple[Value | Lanes, ...]:
    """Run one iteration for all."""
    before = machine.heap.copy()
    level = machine.level
    with machine.lanes(part.count) as here:
        item = part.value if part.lane is here else at(part.value, part.lane, here)
        if item is None:
            machine.unproven("objects-in-lanes", "", node)
        _forget(machine, frame, stored, level)
        read_before, machine.heap.reads = machine.heap.reads, set()
        made = body(item)
        if len(made) > 1 or any(isinstance(one, Lanes) for one in made):
            machine.unproven("unmodelled", "several items an iteration", node)
        settle = Settling(machine, before, here, part.count, frame, stored, level)
        settle.all(node)
        machine.heap.reads |= read_before
    if any(holds(one, level) for one in made):
        machine.unproven("carried", "", node)
    return tuple(Lanes(here, part.count, one) for one in made)  # type: ignore[arg-type]


def _forget(machine: Running, frame: int, stored: frozenset[str], level: int) -> None:
    """Let the names that an iteration stores hold what an earlier iteration may have left."""
    found = names.frame_at(machine, frame)
    for name in stored & found.names.keys():
        value = found.names[name]
        left = symbol(level, name)
        found = with_name(found, name, _as_before(value, left) if isinstance(value, Array) else Unknown(left))
    machine.heap.mutate(frame, found)


def _as_before(value: Array, left: Term) -> Array:
    """A buffer that iterations write to keeps its dtype and shape; whatever else they do with it is carried."""
    return Array(left, value.dtype, value.shape, (value.like or value.term) if value.shape is None else None)


class Settling:
    """What one iteration changed, as what all of them change."""

    def __init__(
        self, machine: Running, before: Heap, here: Term, count: Term, frame: int, stored: frozenset[str], level: int
    ) -> None:
        self._machine = machine
        self._before = before
        self._here = here
        self._count = count
        self._frame = frame
        self._stored = stored
        self._level = level

    def all(self, node: ast.AST) -> None:
        """Settle every object that was there before."""
        for place in list(self._before.places()):
            old, new = self._before.peek(place), self._machine.heap.peek(place)
            if place == self._frame:
                self._names(node)
            elif old is not new and old != new:
                self._object(place, node)

    def _object(self, place: int, node: ast.AST) -> None:
        old, new = self._before.peek(place), self._machine.heap.peek(place)
        read = place in self._machine.heap.reads or place in self._machine.heap.escaped
        if isinstance(old, ListObject) and isinstance(new, ListObject) and not read:
            added = self._added(old, new)
            if added is not None:
                whole = (*old.parts, Lanes(self._here, self._count, added))
                self._machine.heap.mutate(place, ListObject(whole))
                return
        if isinstance(old, HostArray) and isinstance(new, HostArray) and not read:
            found = host_arrays.rows_written(old, new, self._here, self._count)
            if found is not None:
                self._machine.heap.mutate(place, found)
                return
        self._machine.unproven("carried", type(old).__name__, node)

    def _added(self, old: ListObject, new: ListObject) -> Value | None:
        """The one item that an iteration puts at the end of a list; None if it does anything else with it."""
        added = new.parts[len(old.parts) :]
        if new.parts[: len(old.parts)] != old.parts or len(added) != 1 or isinstance(added[0], Lanes):
            return None
        return None if holds(added[0], self._level) else added[0]

    def _names(self, node: ast.AST) -> None:
        old, new = self._before.peek(self._frame), self._machine.heap.peek(self._frame)
        assert isinstance(old, Frame) and isinstance(new, Frame)
        for name in {*old.names, *new.names} - self._stored:
            if old.names.get(name) != new.names.get(name):
                self._machine.unproven("carried", name, node)
        for name in sorted(self._stored & new.names.keys()):
            new = with_name(new, name, self._after(name, old.names.get(name), new.names[name], node))
        self._machine.heap.mutate(self._frame, new)

    def _after(self, name: str, first: Value | None, last: Value, node: ast.AST) -> Value:
        """What a name holds behind the loop."""
        left = symbol(self._level, name)
        if first is not None and isinstance(last, Array | Unknown) and last.term is left:
            return first
        if isinstance(first, Array) and isinstance(last, Array):
            found = buffers.rows_written(self._machine, first, last, left, self._here, self._count)
            if found is not None and not holds(found, self._level):
                return found
        if holds(last, self._level):
            self._machine.unproven("carried", name, node)
        self._machine.heap.escape((last,))
        return Unknown(term("last", self._machine.loop_number(), name))
