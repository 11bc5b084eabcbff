"""One heap: objects by their place, which of them other code may hold, and what was read while iterations run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import Applied, Bound, Function, Reference, SliceValue, Super, Tuple, Unknown
from vmapify.heap.objects import Changed, DictObject, Frame, Instance, Iterator, Lanes, Lazy, ListObject

if TYPE_CHECKING:
    from collections.abc import Iterator as Iterates

    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.heap.objects import HeapObject


class Heap:
    """The objects of a program at one moment. Copies are cheap: objects never change.

    ``escaped``: places of objects that code which is not modelled may hold, so that it may read and change them.
    ``reads``: places whose contents were read since the last call of ``watch``. ``extents``: integers that are the length
    of an axis of some array, and so not negative; ``ranks``: how many axes arrays of unknown rank have at least, since the
    program would not have come here otherwise.
    """

    def __init__(self) -> None:
        self._objects: dict[int, HeapObject] = {}
        self.escaped: frozenset[int] = frozenset()
        self.reads: set[int] = set()
        self.extents: frozenset[Term] = frozenset()
        self.ranks: dict[Term, int] = {}
        self._next = 1

    def copy(self) -> Heap:
        """The same objects, to be changed on their own."""
        made = Heap()
        made._objects, made.escaped = dict(self._objects), self.escaped
        made.reads, made.extents, made.ranks = set(self.reads), self.extents, dict(self.ranks)
        made._next = self._next
        return made

    def take(self, other: Heap) -> None:
        """Become what ``other`` is; places that were given out since stay taken."""
        self._objects, self.escaped = dict(other._objects), other.escaped
        self.extents, self.ranks = other.extents, dict(other.ranks)
        self._next = max(self._next, other._next)
        self.reads |= other.reads

    def admit(self, other: Heap) -> None:
        """Also hold the objects that only ``other`` made."""
        self._objects = {**other._objects, **self._objects}
        self.ranks = {one: min(rank, other.ranks[one]) for one, rank in self.ranks.items() if one in other.ranks}
        self.escaped |= other.escaped
        self.extents &= other.extents
        self._next = max(self._next, other._next)
        self.reads |= other.reads

    def escape_place(self, place: int) -> None:
        """The object at ``place`` may be held by code that is not modelled."""
        self.escaped |= {place}

    @property
    def next_place(self) -> int:
        """The place that the next new object gets."""
        return self._next

    def new(self, made: HeapObject) -> Reference:
        """A reference to a new object that nothing else refers to."""
        place, self._next = self._next, self._next + 1
        self._objects[place] = made
        return Reference(place)

    def peek(self, place: int) -> HeapObject:
        """The object at ``place``, without counting as a read of its contents."""
        return self._objects[place]

    def read(self, place: int) -> HeapObject:
        """The object at ``place``."""
        self.reads.add(place)
        return self._objects[place]

    def mutate(self, place: int, now: HeapObject) -> None:
        """The one way in which an object changes: every reference to ``place`` sees it."""
        self._objects[place] = now

    def places(self) -> Iterates[int]:
        """All places, in the order in which their objects were made."""
        return iter(sorted(self._objects))

    def differs(self, before: Heap) -> bool:
        """Whether an object that was there ``before`` is another thing now."""
        return any(self._objects[place] != found for place, found in before._objects.items())

    def __contains__(self, place: int) -> bool:
        return place in self._objects

    # -- escape ---------------------------------------------------------------------------------------------
    def escape(self, values: tuple[Value, ...]) -> None:
        """Hand ``values`` to code that is not modelled: it may keep them, and all that they lead to."""
        self.escaped |= self.reachable(values)

    def reachable(self, values: tuple[Value, ...]) -> frozenset[int]:
        """The places of all objects that ``values`` lead to."""
        seen: set[int] = set()
        pending = [place for value in values for place in places_in(value)]
        while pending:
            place = pending.pop()
            if place not in seen and place in self._objects:  # that of a module is none
                seen.add(place)
                pending += list(held_by(self._objects[place]))
        return frozenset(seen)

    def havoc(self, since: Term) -> None:
        """Code that is not modelled has run: whatever escaped may be another thing now."""
        for place in self.escaped:
            self._objects[place] = _after(self._objects[place], since)


def _after(found: HeapObject, since: Term) -> HeapObject:
    """What is known of an object after code that is not modelled has had it."""
    if isinstance(found, Frame):
        unknown = {name: Unknown(term("after", since, name)) for name in found.rebound & found.names.keys()}
        return replace(found, names={**found.names, **unknown}) if unknown else found
    kind = found.kind if isinstance(found, Changed) else type(found).__name__
    return Changed(kind, since)


def places_in(value: object) -> Iterates[int]:
    """The places that a value refers to directly."""
    match value:
        case Reference(place):
            yield place
        case Tuple(items):
            for one in items:
                yield from places_in(one)
        case Function(frame=frame, defaults=defaults, keyword_defaults=keywords):
            yield frame
            for one in (*defaults, *(value for _, value in keywords)):
                yield from places_in(one)
        case Bound(receiver=receiver, function=function):
            yield from places_in(receiver)
            yield from places_in(function)
        case Super(receiver=receiver):
            yield from places_in(receiver)
        case Applied(inner=inner, args=args, keywords=keywords):
            for one in (inner, *args, *(value for _, value in keywords)):
                yield from places_in(one)
        case SliceValue(start, stop, step):
            for one in (start, stop, step):
                yield from places_in(one)
        case Lanes(value=inner):
            yield from places_in(inner)


def held_by(found: HeapObject) -> Iterates[int]:
    """The places that an object refers to directly."""
    match found:
        case ListObject(parts) | Iterator(parts):
            for part in parts:
                yield from places_in(part)
        case DictObject(items):
            for _, value in items:
                yield from places_in(value)
        case Lazy(args=args):
            for value in args:
                yield from places_in(value)
        case Instance(attributes=attributes):
            for value in attributes.values():
                yield from places_in(value)
        case Frame(parent=parent, names=names):
            for value in names.values():
                yield from places_in(value)
            if parent is not None:
                yield parent


def with_name(frame: Frame, name: str, value: Value | None) -> Frame:
    """``frame`` with ``name`` bound to ``value``, or unbound for None."""
    names = {one: held for one, held in frame.names.items() if one != name}
    if value is not None:
        names[name] = value
    return replace(frame, names=names)
