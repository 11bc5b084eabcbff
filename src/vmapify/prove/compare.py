"""Whether two states are the same, up to the places where their new objects stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import (
    Applied,
    Array,
    Bound,
    Function,
    Reference,
    SliceValue,
    Tuple,
)
from vmapify.heap.objects import DictObject, Frame, HostArray, Instance, Iterator, Lanes, Lazy, ListObject
from vmapify.syntax import same_code

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.heap.heap import Heap


class Comparison:
    """Compares what two versions left. Objects at places before ``common`` were there before, and are themselves."""

    def __init__(self, one: Heap, other: Heap, common: int) -> None:
        self._one = one
        self._other = other
        self._common = common
        self._pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}

    def places(self, place: int, other: int) -> bool:
        """Whether two objects are the same."""
        if place < self._common or other < self._common:
            return place == other
        if place in self._pairs or other in self._back:
            return self._pairs.get(place) == other and self._back.get(other) == place
        self._pairs[place], self._back[other] = other, place
        return self.objects(self._one.peek(place), self._other.peek(other))

    def objects(self, one: object, other: object) -> bool:
        """Whether two objects hold the same."""
        if one is other:
            return True
        match one, other:
            case (ListObject(a), ListObject(b)) | (Iterator(a), Iterator(b)):
                return type(one) is type(other) and self._every(a, b)
            case DictObject(a), DictObject(b):
                keys = [key for key, _ in a] == [key for key, _ in b]
                return keys and self._every([value for _, value in a], [value for _, value in b])
            case Instance(cls, a), Instance(kind, b):
                return cls == kind and a.keys() == b.keys() and all(self.values(a[key], b[key]) for key in a)
            case Lazy(made, a), Lazy(maker, b):
                return made == maker and self._every(a, b)
            case HostArray(a, da, _, wa), HostArray(b, db, _, wb):
                return a is b and da == db and wa == wb
            case Frame(), Frame():
                return self.frames(one, other, frozenset())
        return one == other

    def frames(self, one: Frame, other: Frame, dead: frozenset[str]) -> bool:
        """Whether two frames hold the same, names that are ``dead`` left out."""
        names = {*one.names, *other.names} - dead
        return all(n in one.names and n in other.names and self.values(one.names[n], other.names[n]) for n in names)

    def _every(self, ones: object, others: object) -> bool:
        a, b = list(ones), list(others)  # type: ignore[call-overload]
        return len(a) == len(b) and all(self.values(x, y) for x, y in zip(a, b, strict=True))

    def values(self, one: Value | Lanes, other: Value | Lanes) -> bool:
        """Whether two values are the same."""
        if one is other:
            return True
        if type(one) is not type(other):
            return False
        match one, other:
            case Array(a, da), Array(b, db):
                return a is b and da == db
            case Reference(a), Reference(b):
                return self.places(a, b)
            case Tuple(a), Tuple(b):
                return self._every(a, b)
            case Lanes(a, na, va), Lanes(b, nb, vb):
                return a is b and na is nb and self.values(va, vb)
            case Function(), Function():
                return self._functions(one, other)
            case Bound(), Bound():
                return (
                    one.name == other.name
                    and one.detail == other.detail
                    and self.values(one.receiver, other.receiver)
                    and (one.function == other.function or self._both(one.function, other.function))
                )
            case Applied(), Applied():
                keys = [key for key, _ in one.keywords] == [key for key, _ in other.keywords]
                return (
                    one.transform == other.transform
                    and keys
                    and self.values(one.inner, other.inner)
                    and self._every(one.args, other.args)
                    and self._every([v for _, v in one.keywords], [v for _, v in other.keywords])
                )
            case SliceValue(a, b, c), SliceValue(d, e, f):
                return self._every((a, b, c), (d, e, f))
        return one == other

    def _both(self, one: Value | None, other: Value | None) -> bool:
        return one is not None and other is not None and self.values(one, other)

    def _functions(self, one: Function, other: Function) -> bool:
        same = one.node is other.node or same_code(one.node, other.node)
        keys = [key for key, _ in one.keyword_defaults] == [key for key, _ in other.keyword_defaults]
        return (
            same
            and keys
            and one.owner == other.owner
            and (one.frame == other.frame or self.places(one.frame, other.frame))
            and self._every(one.defaults, other.defaults)
            and self._every([v for _, v in one.keyword_defaults], [v for _, v in other.keyword_defaults])
        )
