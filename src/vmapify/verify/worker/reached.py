"""What code reads besides its arguments: closures, globals, defaults, the members of classes, of the user's own modules."""

from __future__ import annotations

import functools
import sys
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .code_owner import is_the_users, is_users_module, of_the_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
    """What a function of the user's own closes over, finds in its module, and has as defaults and attributes."""
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
    yield Place(f"{function.__name__}.__dict__", function.__dict__)


def closed_over(function: types.FunctionType) -> list[Any]:
    """What a function closes over."""
    cells = (attempt(functools.partial(getattr, cell, "cell_contents")) for cell in function.__closure__ or ())
    return [content for content, error in cells if error is None]


def places_of_names(
    space: dict[str, Any], names: tuple[str, ...], attributes: frozenset[str], above: set[int] | None = None
) -> Iterator[Place]:
    """The names that a module's namespace binds; of the user's own modules among them the ``attributes`` that they have.

    Modules count that the names say are imported inside a function, and those inside modules. ``above`` were looked into.
    """
    above = {id(space)} if above is None else above
    for name in names:
        if is_dunder(name):
            continue
        value = space[name] if name in space else _imported(name, space)
        if not isinstance(value, types.ModuleType):
            read, write = functools.partial(space.get, name), functools.partial(space.__setitem__, name)
            if name in space:
                yield Place(name, value, id(space), read, write)
        elif id(vars(value)) not in above and is_users_module(value):
            above.add(id(vars(value)))
            inside = tuple(sorted(attributes & vars(value).keys()))
            yield from places_of_names(vars(value), inside, attributes, above)


def _imported(name: str, space: dict[str, Any]) -> types.ModuleType | None:
    """The loaded module that an import inside a function means by a name, if there is one."""
    return sys.modules.get(name) or sys.modules.get(f"{space.get('__package__')}.{name}")


def is_dunder(name: str) -> bool:
    """Whether a name is one of Python's own, such as ``__doc__``."""
    return name.startswith("__") and name.endswith("__")


def places_of_class(owner: type) -> Iterator[Place]:
    """The members of a class of the user's own and of those that it inherits from."""
    for base in owner.__mro__:
        if not is_the_users(base):
            continue
        for name, value in list(vars(base).items()):
            if is_dunder(name) and not callable(value):
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
    if error is not None or not callable(wrapped) or isinstance(wrapped, type):
        return []
    made_up = hasattr(type(value), "__getattr__") and not isinstance(wrapped, (types.FunctionType, types.MethodType))
    return [] if made_up else [wrapped]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
