"""What iterating over a value gives: items, or one item for every iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.rebuild import at
from vmapify.domain.term import Term, lane, term
from vmapify.domain.value import Array, Number, Range, Reference, Tuple
from vmapify.heap.objects import DictObject, HostArray, Iterator, Lanes, Lazy, ListObject
from vmapify.library import containers, host_arrays, indexing, iteration
from vmapify.library.lanes import Parts, expanded
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    import ast

    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running


def parts(machine: Running, value: Value, node: ast.AST) -> Parts | None:
    """The parts that iterating over ``value`` gives, None if that is not known; an iterator is used up."""
    match value:
        case Tuple(items):
            return items
        case Array():
            return _rows(machine, value, node)
        case Range(start, stop, step):
            return _numbers(machine, start, stop, step)
        case Reference(place):
            return _of_object(machine, place, node)
    return None


def items(machine: Running, value: Value, node: ast.AST) -> Parts | None:
    """As `parts`, but one by one where the number of items is known and small."""
    found = parts(machine, value, node)
    if found is None:
        return None
    return expanded(found)


def _rows(machine: Running, array: Array, node: ast.AST) -> Parts | None:
    if array.shape == ():
        machine.unproven("raises", "TypeError", node)
    here = lane(machine.level)
    return (Lanes(here, extent(array, 0), indexing.row(array, here)),)


def _numbers(machine: Running, start: Term, stop: Term, step: int) -> Parts | None:
    here = lane(machine.level)
    length = integers.subtract(stop, start)
    known = integers.known(length)
    if known is not None:
        count = integers.constant(len(range(0, known, step)))
    elif step == 1 and machine.bounds.at_least_zero(length):
        count = length
    elif step == 1:
        count = term("extent", length, "positive")  # no iteration if it is negative
    elif step > 1:
        count = integers.steps(length, step)
    else:
        return None
    number = integers.add(start, integers.scale(here, step))
    return (Lanes(here, count, Number("int", number)),)


def _of_object(machine: Running, place: int, node: ast.AST) -> Parts | None:
    found = machine.heap.read(place)
    match found:
        case ListObject(held):
            return held
        case DictObject(entries):
            return containers.keys(entries)
        case HostArray():
            found_rows = host_arrays.rows(machine, place, found, lane(machine.level))
            return (found_rows,) if found_rows is not None else None
        case Lazy(maker, args, once, seen):
            if once:
                machine.heap.mutate(place, Iterator(()))
            return iteration.parts(machine, maker, args, node) if _unchanged(machine, args, seen) else None
        case Iterator(held):
            machine.heap.mutate(place, Iterator(()))
            return held
    return None


def _unchanged(machine: Running, args: tuple[Value, ...], seen: tuple[object, ...] | None) -> bool:
    """Whether the arguments of an iterator are still what they were when it was made, if that matters."""
    if seen is None:
        return True
    now = [machine.heap.peek(one.place) if isinstance(one, Reference) else None for one in args]
    return all(one is other or one == other for one, other in zip(now, seen, strict=True))


def at_lane(part: Lanes, number: Term) -> Value | None:
    """The item that iteration ``number`` put in."""
    return at(part.value, part.lane, number)
