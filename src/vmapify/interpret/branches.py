"""Two ways that the program may go: values and heaps of both, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Number, Text, Tuple, Unknown
from vmapify.heap.objects import Changed, Frame

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap
    from vmapify.interpret.running import Running


def conditional(machine: Running, node: ast.IfExp, frame: int) -> Value:
    """``body if test else orelse``."""
    answer = machine.truth(machine.value(node.test, frame), node)
    if isinstance(answer, bool):
        return machine.value(node.body if answer else node.orelse, frame)
    return either(machine, answer, lambda: machine.value(node.body, frame), lambda: machine.value(node.orelse, frame))


def either(machine: Running, condition: Term, one: Callable[[], Value], other: Callable[[], Value]) -> Value:
    """What ``one`` gives if ``condition`` holds, else what ``other`` gives; the heap is what either leaves."""
    before, log = machine.heap.copy(), machine.log
    first = one()
    after, first_log = machine.heap.copy(), machine.log
    machine.heap.take(before)
    machine.log = log
    second = other()
    machine.log = joined_log(log, condition, first_log, machine.log)
    join_heap(machine, condition, after, machine.heap)
    return joined(machine, condition, first, second)


def joined_log(
    before: tuple[Term, ...], condition: Term, one: tuple[Term, ...], other: tuple[Term, ...]
) -> tuple[Term, ...]:
    """What happened, if either of two things did."""
    if one == before == other:
        return before
    return (*before, term("either-happened", condition, one[len(before) :], other[len(before) :]))


def joined(machine: Running, condition: Term, one: Value, other: Value) -> Value:
    """``one`` if ``condition`` holds, else ``other``."""
    if one == other:
        return one
    match one, other:
        case Array(a, da, sa), Array(b, db, sb):
            dtype, shape = (da if da == db else None), (sa if sa == sb else None)
            return Array(term("either", condition, (a, da), (b, db)), dtype, shape)
        case Number(ka, a), Number(kb, b) if ka == kb:
            return Number(ka, term("either", condition, a, b))
        case Text(a), Text(b):
            return Text(term("either", condition, a, b))
        case Tuple(first), Tuple(second) if len(first) == len(second):
            return Tuple(tuple(joined(machine, condition, a, b) for a, b in zip(first, second, strict=True)))
    machine.heap.escape((one, other))  # an unknown value may be whatever has escaped
    return Unknown(term("either", condition, machine.digest(one), machine.digest(other)))


def join_heap(machine: Running, condition: Term, one: Heap, into: Heap) -> None:
    """Make ``into`` (the heap of the machine) what either heap may be."""
    into.admit(one)
    for place in list(into.places()):
        if place not in one or one.peek(place) == into.peek(place):
            continue
        first, second = one.peek(place), into.peek(place)
        if isinstance(first, Frame) and isinstance(second, Frame):
            into.mutate(place, _joined_frame(machine, condition, first, second))
        else:
            kind = first.kind if isinstance(first, Changed) else type(first).__name__
            into.mutate(place, Changed(kind, term("either", condition, place)))
            into.escape_place(place)


def _joined_frame(machine: Running, condition: Term, one: Frame, other: Frame) -> Frame:
    """Names that only one way binds are left out: reading them is not certain to work."""
    both = [name for name in other.names if name in one.names]
    names = {name: joined(machine, condition, one.names[name], other.names[name]) for name in both}
    return Frame(other.module, other.scope, other.parent, names, other.owner, other.rebound)
