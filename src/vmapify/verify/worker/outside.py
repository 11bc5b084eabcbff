"""What code reads and writes besides its arguments: globals, closures, class attributes, of the user's own modules."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .anatomy import take_apart
from .attempt import attempt
from .leaves import Leaf, leaves, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIBRARY = str(Path(os.__file__).parent)
HERE = str(Path(__file__).parent)
PLAIN = (int, float, complex, str, bytes, bool, type(None))
MUTABLE = (list, dict, set, bytearray, np.ndarray, np.random.Generator)
MAX_BYTES = 2**25
"""Larger host arrays are data sets: they are not copied for each run."""
MAX_PLACES = 20_000
"""Parts of the state that are watched; programs with more are judged by their arguments and results alone."""


class Outside:
    """The state that some functions reach. ``taken`` puts it back as it was and forgets it."""

    def __init__(self) -> None:
        self._state: dict[str, Callable[[], Any]] = {}
        self._restore: list[Callable[[], object]] = []
        self._seen: set[int] = set()
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
            self.__init__()  # type: ignore[misc]

    def restore(self) -> None:
        """Bring everything back to how it was when the watch began."""
        for step in reversed(self._restore):
            attempt(step)

    def leaves(self) -> list[Leaf]:
        """The state as it is now, in leaves that can be compared."""
        return [leaf for name, read in self._state.items() for leaf in leaves(f"{name} (outside)", read())]

    def _follow(self, value: Any, name: str) -> None:
        """Look into code; anything else is state if it has a name."""
        if id(value) in self._seen or self._places > MAX_PLACES:
            return
        if isinstance(value, types.FunctionType):
            self._seen.add(id(value))
            self._function(value)
        elif isinstance(value, types.MethodType):
            self._follow(value.__func__, "")
        elif isinstance(value, functools.partial):
            self._follow(value.func, "")
        elif isinstance(value, type):
            self._seen.add(id(value))
            self._class(value)
        elif isinstance(getattr(value, "__wrapped__", None), types.FunctionType):
            self._follow(value.__wrapped__, "")
        elif name and isinstance(value, io.IOBase):
            self._seen.add(id(value))
            self._file(name, value)
        elif name and not isinstance(value, types.ModuleType) and not callable(value):
            self._keep(name, value, lambda: value)

    def _function(self, function: types.FunctionType) -> None:
        if not _of_the_user(function.__code__.co_filename):
            return
        for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            read = functools.partial(getattr, cell, "cell_contents")
            content, error = attempt(read)
            if error is None:
                self._follow(content, "" if isinstance(content, PLAIN) else free)
                self._bound(free, content, read, functools.partial(setattr, cell, "cell_contents"))
        space = function.__globals__
        for code in _codes(function.__code__):
            for name in code.co_names:
                self._global(space, name, code.co_names)
        for default in function.__defaults__ or ():
            self._follow(default, f"a default of {function.__name__}")

    def _global(self, space: dict[str, Any], name: str, names: tuple[str, ...]) -> None:
        if name not in space or name.startswith("__"):
            return
        value = space[name]
        if isinstance(value, types.ModuleType):
            if _of_the_user(getattr(value, "__file__", None) or LIBRARY):
                for attribute in set(names) & vars(value).keys():
                    self._global(vars(value), attribute, ())
            return
        self._follow(value, "" if isinstance(value, PLAIN) else name)
        self._bound(name, value, lambda: space.get(name), functools.partial(space.__setitem__, name))

    def _class(self, owner: type) -> None:
        if not _of_the_user(getattr(_module_of(owner), "__file__", None) or LIBRARY):
            return
        for name, value in list(vars(owner).items()):
            if isinstance(value, types.FunctionType):
                self._follow(value, "")
            elif not name.startswith("__") and isinstance(value, (*PLAIN, *MUTABLE)):
                title = f"{owner.__qualname__}.{name}"
                self._follow(value, "" if isinstance(value, PLAIN) else title)
                self._bound(
                    title, value, functools.partial(getattr, owner, name), functools.partial(setattr, owner, name)
                )

    def _bound(self, name: str, value: Any, read: Callable[[], Any], write: Callable[[Any], object]) -> None:
        """Watch a name that code may bind to something else."""
        if isinstance(value, (*PLAIN, *MUTABLE)) and name not in self._state and not _huge(value):
            self._state[name] = read
            self._restore.append(lambda: read() is value or write(value))

    def _file(self, name: str, file: io.IOBase) -> None:
        """Watch how much is written to an open file, and take it back."""
        start, error = attempt(lambda: file.tell() if file.writable() and file.seekable() else None)
        if error is None and start is not None:
            self._state[name] = file.tell
            self._restore.append(lambda: file.tell() == start or (file.seek(start), file.truncate()))

    def _keep(self, name: str, value: Any, read: Callable[[], Any]) -> None:
        """Watch a value that code may change in place, with everything in it."""
        parts = [part for _, part, _ in places(name, value)]
        self._places += len(parts)
        self._seen.add(id(value))
        if not any(_changeable(part) for part in parts) or self._places > MAX_PLACES or any(map(_huge, parts)):
            return
        self._state.setdefault(name, read)
        self._restore += [step for part in parts if (step := _as_it_is(part)) is not None]


OUTSIDE = Outside()


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _module_of(owner: type) -> Any:
    return sys.modules.get(owner.__module__)


def _of_the_user(file: str) -> bool:
    return not file.startswith((LIBRARY, HERE, "<frozen")) and "-packages" not in file


def _huge(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.nbytes > MAX_BYTES


def _changeable(part: Any) -> bool:
    return isinstance(part, MUTABLE) or (take_apart(part) is not None and hasattr(part, "__dict__"))


def _as_it_is(part: Any) -> Callable[[], object] | None:
    """A function that makes the part again what it is now; None for what cannot change."""
    if isinstance(part, np.ndarray):
        data = part.copy()
        return lambda: part.__setitem__(..., data)
    if isinstance(part, np.random.Generator):
        state = part.bit_generator.state
        return lambda: setattr(part.bit_generator, "state", state)
    if isinstance(part, (list, bytearray)):
        items = part[:]
        return lambda: part.__setitem__(slice(None), items)
    if isinstance(part, (dict, set)):
        members = part.copy()
        return lambda: (part.clear(), part.update(members))
    if _changeable(part):
        attributes = dict(part.__dict__)
        return lambda: (part.__dict__.clear(), part.__dict__.update(attributes))
    return None
