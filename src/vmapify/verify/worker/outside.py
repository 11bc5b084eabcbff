"""What code reads and writes besides its arguments: globals, closures, class attributes, of the user's own modules."""

from __future__ import annotations

import array
import collections
import contextlib
import contextvars
import dataclasses
import functools
import io
import itertools
import random
import threading
import types
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .code_owner import is_the_users, of_the_user
from .iterators import is_iterator, position, twins
from .reached import closed_over, code_in, places_of_class, places_of_function
from .value_tree.kinds import attribute_names, take_apart
from .value_tree.leaves import Leaf, leaves, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .reached import Place

PLAIN = (int, float, complex, str, bytes, bool, type(None))
MAX_BYTES = 2**25
"""Larger host arrays are data sets: they are not copied for each run."""
MAX_PLACES = 20_000
"""Parts of the state that are watched; programs with more are judged by their arguments and results alone."""


class Outside:
    """The state that some functions reach. ``taken`` puts it back as it was and forgets it."""

    def __init__(self) -> None:
        self._state: dict[str, Callable[[], Any]] = {}
        self._restore: list[Callable[[], object]] = []
        self._give_back: list[Callable[[], object]] = []
        self._seen: set[int] = set()
        self._wrappers: set[int] = set()
        self._names: set[tuple[int, str]] = set()
        self._arrays: dict[int, Any] = {}
        self._held: list[Any] = []
        self._places = 0

    @contextlib.contextmanager
    def taken(self, roots: list[Any]) -> Iterator[None]:
        """Watch what the functions among some values reach."""
        for root in roots:
            for _, part, _ in places("", root):
                self._follow(part, "")
        try:
            yield
        finally:
            self.restore()
            for step in self._give_back:
                attempt(step)
            self.__init__()  # type: ignore[misc]

    def restore(self) -> None:
        """Bring everything back to how it was when the watch began."""
        for step in reversed(self._restore):
            attempt(step)

    def leaves(self) -> list[Leaf]:
        """The state as it is now, in leaves that can be compared; arrays of JAX that are still there need no look."""
        there = frozenset(self._arrays)
        found = (leaf for name, read in self._state.items() for leaf in leaves(f"{name} (outside)", read(), there))
        return [_with_position(leaf) for leaf in found]

    def _follow(self, value: Any, name: str, read: Callable[[], Any] | None = None) -> None:
        """Look into code, that of an object's class too; anything else is state if it has a name."""
        if isinstance(value, PLAIN) or id(value) in self._seen or self._places > MAX_PLACES:
            return
        if isinstance(value, types.FunctionType):
            self._seen.add(id(value))
            self._look_into(places_of_function(value))
            if not of_the_user(value.__code__.co_filename):  # such as what jax.vmap returns, with the user's code in it
                for content in closed_over(value):
                    self._follow(content, f"what {value.__name__} holds" if callable(content) else "")
        elif isinstance(value, type):
            self._seen.add(id(value))
            self._look_into(places_of_class(value))
        elif isinstance(value, contextvars.ContextVar):
            self._seen.add(id(value))
            self._context(value)
        elif name and isinstance(value, io.IOBase):
            self._seen.add(id(value))
            self._file(name, value)
        else:
            self._object(value, name, read)

    def _object(self, value: Any, name: str, read: Callable[[], Any] | None) -> None:
        if id(value) not in self._wrappers and (inner := code_in(value)):
            self._wrappers.add(id(value))
            for function in inner:
                self._follow(function, name and f"what {name} wraps")
        if is_the_users(type(value)):
            self._follow(type(value), "")
        if isinstance(value, threading.local):
            self._keep(f"{name}.__dict__", value.__dict__, lambda: value.__dict__)
        elif name and not isinstance(value, types.ModuleType) and not _is_only_code(value):
            self._keep(name, value, read or (lambda: value))

    def _look_into(self, found: Iterator[Place]) -> None:
        for place in found:
            self._follow(place.value, place.name, place.read)
            self._bound(place)

    def _bound(self, place: Place) -> None:
        """Watch a name that code may bind to something else; what it holds is watched if that has not been done."""
        value, read, write = place.value, place.read, place.write
        if read is None or write is None or (place.owner, place.name) in self._names:
            return
        self._names.add((place.owner, place.name))
        twin = twins(value) if is_iterator(value) else None
        if twin is None:
            self._restore.append(lambda: read() is value or write(value))
        else:  # an iterator cannot be put back: others take its place, and the program's own does not move
            self._restore.append(lambda: write(twin()))
            self._give_back.append(lambda: write(value))
        if isinstance(value, PLAIN) or _is_only_code(value):
            self._state[self._title(place.name)] = read

    def _title(self, name: str) -> str:
        """The name, told apart from others of that name that stand elsewhere."""
        titles = (f"{name} ({number})" for number in itertools.count(2))
        return name if name not in self._state else next(title for title in titles if title not in self._state)

    def _file(self, name: str, file: io.IOBase) -> None:
        """Watch how much is written to an open file, and take it back."""
        start, error = attempt(lambda: file.tell() if file.writable() and file.seekable() else None)
        if error is None and start is not None:
            self._state[self._title(name)] = file.tell
            self._restore.append(lambda: file.tell() == start or (file.seek(start), file.truncate()))

    def _context(self, variable: contextvars.ContextVar[Any]) -> None:
        """Watch what a context variable holds; one without a value cannot be emptied again."""
        value, error = attempt(variable.get)
        self._follow(value, variable.name, functools.partial(_held_by, variable))
        if error is None:
            self._restore.append(lambda: variable.get() is value or variable.set(value))
        if isinstance(value, PLAIN) or _is_only_code(value):
            self._state[self._title(variable.name)] = functools.partial(_held_by, variable)

    def _keep(self, name: str, value: Any, read: Callable[[], Any]) -> None:
        """Watch a value that code may change in place, or replace, with everything in it; and the code in it."""
        parts = [part for _, part, _ in places(name, value)]
        self._places += len(parts)
        self._seen.add(id(value))
        self._held.append(value)
        if self._places > MAX_PLACES or any(map(_huge, parts)):
            return
        self._state[self._title(name)] = read
        self._arrays |= {id(part): part for part in parts if isinstance(part, jax.Array)}
        self._restore += [step for part in parts if (step := _as_it_is(part)) is not None]
        for part in parts:
            self._follow(part, "")


OUTSIDE = Outside()


def _held_by(variable: contextvars.ContextVar[Any]) -> Any:
    return attempt(variable.get)[0]


def _is_only_code(value: Any) -> bool:
    """Whether a value is called and holds nothing that changes: functions, compiled functions, classes."""
    return callable(value) and take_apart(value) is None


def _with_position(leaf: Leaf) -> Leaf:
    """Python's iterators are compared by how far they are: while they are watched, others may stand in their places."""
    if leaf.kind != "opaque" or not is_iterator(leaf.data):
        return leaf
    return dataclasses.replace(leaf, kind="exact", data=position(leaf.data))


def _huge(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.nbytes > MAX_BYTES


def _as_it_is(part: Any) -> Callable[[], object] | None:
    """A function that makes the part again what it is now; None for what cannot change."""
    if isinstance(part, np.ndarray):
        data = part.copy()
        return lambda: part.__setitem__(..., data)
    if isinstance(part, (np.random.Generator, np.random.RandomState, random.Random)):
        return _generator_as_it_is(part)
    if isinstance(part, (list, bytearray, array.array)):
        items: Any = part[:]
        return lambda: part.__setitem__(slice(None), items)
    if isinstance(part, (dict, set)):
        members = part.copy()
        return lambda: (part.clear(), part.update(members))
    if isinstance(part, collections.deque):
        rows = list(part)
        return lambda: _refilled(part, rows)
    return _object_as_it_is(part) if take_apart(part) is not None else None


def _object_as_it_is(part: Any) -> Callable[[], object] | None:
    attributes = dict(getattr(part, "__dict__", ()))
    slots = {name: getattr(part, name) for name in attribute_names(part) if name not in attributes}

    def put_back() -> None:
        if hasattr(part, "__dict__"):
            part.__dict__.clear()
            part.__dict__.update(attributes)
        for name, value in slots.items():
            object.__setattr__(part, name, value)

    return put_back if slots or hasattr(part, "__dict__") else None


def _refilled(part: collections.deque[Any], rows: list[Any]) -> None:
    part.clear()
    part.extend(rows)


def _generator_as_it_is(part: Any) -> Callable[[], object] | None:
    if isinstance(part, np.random.Generator):
        bits = part.bit_generator.state
        return lambda: setattr(part.bit_generator, "state", bits)
    read, write = ("getstate", "setstate") if isinstance(part, random.Random) else ("get_state", "set_state")
    state, error = attempt(getattr(part, read))
    return None if error is not None else lambda: getattr(part, write)(state)
