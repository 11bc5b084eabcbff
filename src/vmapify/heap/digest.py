"""Values as parts of terms: what they hold, objects by their place where that is the same in both versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import (
    Applied,
    Array,
    Bound,
    Function,
    Reference,
    SliceValue,
    Super,
    Tuple,
)
from vmapify.heap.objects import DictObject, HostArray, Instance, Iterator, Lanes, Lazy, ListObject
from vmapify.syntax import code_key

if TYPE_CHECKING:
    from collections.abc import Hashable

    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap


def digest(heap: Heap, value: Value | Lanes | None, common: int, inside: tuple[int, ...] = ()) -> Hashable:
    """``value`` as part of a term: equal digests are equal values.

    Objects at places before ``common`` stand for themselves, newer ones for what they hold now; ``inside`` are the
    places on the way here.
    """

    def every(values: object) -> tuple[Hashable, ...]:
        return tuple(digest(heap, one, common, inside) for one in values)  # type: ignore[attr-defined]

    match value:
        case Array(whole, dtype):
            return ("array", whole, dtype)
        case Tuple(items):
            return ("tuple", *every(items))
        case Lanes(lane, count, inner):
            return ("lanes", lane, count, *every((inner,)))
        case SliceValue(start, stop, step):
            return ("slice", *every((start, stop, step)))
        case Bound(receiver, function, name, detail):
            return ("bound", name, detail, *every((receiver, function)))
        case Applied(transform, inner, args, keywords):
            return (
                "applied",
                transform,
                tuple(k for k, _ in keywords),
                *every((inner, *args, *(v for _, v in keywords))),
            )
        case Function(node, _, frame, defaults):
            return ("function", code_key(node), frame if frame < common else ("new", frame), *every(defaults))
        case Super(receiver, cls):
            return ("super", cls, *every((receiver,)))
        case Reference(place):
            return _object(heap, place, common, inside)
    return value


def _object(heap: Heap, place: int, common: int, inside: tuple[int, ...]) -> Hashable:
    if place < common or place in inside or place not in heap:
        return ("object", place if place < common else ("inside", inside.index(place) if place in inside else place))

    def every(values: object) -> tuple[Hashable, ...]:
        return tuple(digest(heap, one, common, (*inside, place)) for one in values)  # type: ignore[attr-defined]

    match heap.read(place):
        case ListObject(parts):
            return ("list", *every(parts))
        case Iterator(parts):
            return ("iterator", *every(parts))
        case Lazy(maker, args):
            return ("lazy", maker, *every(args))
        case DictObject(items):
            return ("dict", tuple(key for key, _ in items), *every(held for _, held in items))
        case HostArray(contents, dtype, _, writable):
            return ("host", contents, dtype, writable)
        case Instance(cls, attributes):
            return ("instance", cls, tuple(attributes), *every(attributes.values()))
    return ("object", "new", place)
