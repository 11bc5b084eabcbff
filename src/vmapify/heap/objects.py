"""Objects of the heap. An object never changes: changing one puts another object in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmapify.domain.term import Term
    from vmapify.domain.value import ClassValue, Value
    from vmapify.syntax import Module, Scope


@dataclass(frozen=True, slots=True)
class Lanes:
    """A part of a list: what every iteration of a loop put in. ``value`` speaks of ``lane``, of which there are ``count``."""

    lane: Term
    count: Term
    value: Value


@dataclass(frozen=True, slots=True)
class ListObject:
    """A list; each part is an item, or the items of all iterations of a loop. ``kind``: ``list`` or ``deque``."""

    parts: tuple[Value | Lanes, ...] = ()


@dataclass(frozen=True, slots=True)
class DictObject:
    """A dict whose keys are all known constants, in order."""

    items: tuple[tuple[object, Value], ...] = ()

    def get(self, key: object) -> Value | None:
        """The entry at ``key``."""
        return next((value for one, value in self.items if type(one) is type(key) and one == key), None)


@dataclass(frozen=True, slots=True)
class HostArray:
    """A NumPy array: what it holds (a term that speaks of its contents now), dtype name and shape.

    ``writable``: NumPy lets it be changed; what shares the memory of an array of JAX is not.
    """

    term: Term
    dtype: str | None = None
    shape: tuple[Term, ...] | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project whose attributes are all known. ``frozen``: they cannot be set any more."""

    cls: ClassValue
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Iterator:
    """An iterator over known items that are still to come: a generator expression."""

    parts: tuple[Value | Lanes, ...]


@dataclass(frozen=True, slots=True)
class Lazy:
    """What ``maker`` gives of ``args`` once it is iterated over: ``zip(…)``, ``map(…)``, ``d.items()``.

    ``once``: an iterator, which is used up then; else a view, which shows what its object holds at that moment.
    ``seen``: what its arguments were when it was made, if it looked at them then.
    """

    maker: str
    args: tuple[Value, ...]
    once: bool = True
    seen: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The names of one running scope. ``parent``: place of the scope around it. ``owner``: the class it is a method of.

    ``rebound``: names that functions inside of it may bind (``nonlocal``).
    """

    module: Module = field(compare=False)
    scope: Scope = field(compare=False)
    parent: int | None = None
    names: Mapping[str, Value] = field(default_factory=dict)
    owner: ClassValue | None = None
    rebound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changed:
    """What was an object of ``kind`` until code that is not modelled may have changed it, at the time ``since``."""

    kind: str
    since: Term


HeapObject = ListObject | DictObject | HostArray | Instance | Iterator | Lazy | Frame | Changed
