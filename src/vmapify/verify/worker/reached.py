"""What code reads besides its arguments: closures, globals, defaults, the members of classes, of the user's own modules."""

from __future__ import annotations

import functools
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIBRARY = str(Path(os.__file__).parent)
HERE = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Place:
    """A name that code reads and the value there; ``read`` and ``write`` reach it again, where it can be bound anew.

    ``owner`` is the identity of the namespace, cell or class that holds the name.
    """

    name: str
    value: Any
    owner: int = 0
    read: Callable[[], Any] | None = None
    write: Callable[[Any], object] | None = None


def places_of_function(function: types.FunctionType) -> Iterator[Place]:
    """What a function of the user's own closes over, finds in its module, and has as defaults; nothing for others."""
    if not of_the_user(function.__code__.co_filename):
        return
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        read = functools.partial(getattr, cell, "cell_contents")
        content, error = attempt(read)
        if error is None:
            yield Place(free, content, id(cell), read, functools.partial(setattr, cell, "cell_contents"))
    for code in _codes(function.__code__):
        yield from places_of_names(function.__globals__, code.co_names, frozenset(code.co_names))
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield Place(f"a default of {function.__name__}", default)


def places_of_names(space: dict[str, Any], names: tuple[str, ...], attributes: frozenset[str]) -> Iterator[Place]:
    """The names that a module's namespace binds; of the user's own modules among them the ``attributes`` that they have."""
    for name in names:
        if name not in space or name.startswith("__"):
            continue
        value = space[name]
        if not isinstance(value, types.ModuleType):
            read, write = functools.partial(space.get, name), functools.partial(space.__setitem__, name)
            yield Place(name, value, id(space), read, write)
        elif of_the_user(getattr(value, "__file__", None) or LIBRARY):
            yield from places_of_names(vars(value), tuple(sorted(attributes & vars(value).keys())), frozenset())


def places_of_class(owner: type) -> Iterator[Place]:
    """The members of a class of the user's own and of those that it inherits from."""
    for base in owner.__mro__:
        if not is_the_users(base):
            continue
        for name, value in list(vars(base).items()):
            if name.startswith("__") and not callable(value):
                continue
            title = f"{base.__qualname__}.{name}"
            read, write = functools.partial(vars(base).get, name), functools.partial(setattr, base, name)
            yield Place(title, value, id(base), read, write)


def code_in(value: Any) -> list[Any]:
    """The functions that a wrapper runs: those of methods, properties, partial and jitted functions, and the like."""
    if isinstance(value, (types.MethodType, staticmethod, classmethod)):
        return [value.__func__]
    if isinstance(value, property):
        return [one for one in (value.fget, value.fset) if one is not None]
    if isinstance(value, (functools.partial, functools.partialmethod, functools.cached_property)):
        return [value.func]
    if isinstance(value, type) or not callable(value):
        return []
    wrapped, error = attempt(lambda: value.__wrapped__)
    return [wrapped] if error is None and isinstance(wrapped, (types.FunctionType, types.MethodType)) else []


def of_the_user(file: str) -> bool:
    """Whether a file is neither the standard library's, nor an installed package's, nor the worker's own."""
    return not file.startswith((LIBRARY, HERE, "<frozen")) and "-packages" not in file


def is_the_users(owner: type) -> bool:
    """Whether a class was defined in a module of the user's; the cells of a notebook are one that has no file."""
    module = sys.modules.get(owner.__module__)
    file = getattr(module, "__file__", None)
    return owner.__module__ == "__main__" if file is None else of_the_user(file)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
