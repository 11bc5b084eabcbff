"""Iterators and generators: how far one is, and another that is as far."""

from __future__ import annotations

import types
import warnings
from typing import TYPE_CHECKING, Any

from .attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

HOMES = frozenset(("builtins", "itertools"))
PLAIN = (int, float, str, bytes, range, type(None))
DEEPEST = 20
"""Iterators around iterators that are looked through."""


def is_iterator(value: Any) -> bool:
    """Whether a value is one of Python's own iterators, or a generator."""
    return type(value).__module__ in HOMES and hasattr(type(value), "__next__")


def position(value: Any) -> str:
    """A text that changes when the iterator or generator advances; other texts mean nothing."""
    text, error = attempt(lambda: _text(value, 0))
    return repr(value) if error is not None else str(text)


def twins(value: Any) -> Callable[[], Any] | None:
    """A function that makes another iterator as far as this one is now; None if there is no way."""
    first, error = attempt(lambda: _twin(value, 0))
    return None if error is not None else lambda: _twin(first, 0)


def _text(value: Any, depth: int) -> str:
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(_text(part, depth + 1) for part in value)})"
    if isinstance(value, types.GeneratorType):
        return _generator(value, depth)
    if is_iterator(value) and depth < DEEPEST:
        reduced, error = attempt(lambda: _reduced(value))
        return repr(value) if error is not None else _text(tuple(reduced), depth + 1)
    if isinstance(value, list):  # some iterators tell what is left in a list that is made for it
        return f"list {[id(part) for part in value]}"
    return f"{type(value).__qualname__} {id(value)}"


def _generator(value: types.GeneratorType[Any, Any, Any], depth: int) -> str:
    frame = value.gi_frame
    if frame is None or depth >= DEEPEST:
        return "at its end"
    variables = {name: _text(part, depth + 1) for name, part in sorted(frame.f_locals.items())}
    return f"at {frame.f_lasti} with {variables} in {_text(value.gi_yieldfrom, depth + 1)}"


def _twin(value: Any, depth: int) -> Any:
    if depth >= DEEPEST:
        raise RecursionError
    make, parts, *state = _reduced(value)
    fresh = make(*(_twin(part, depth + 1) if is_iterator(part) else part for part in parts))
    if state and state[0] is not None:
        fresh.__setstate__(state[0])
    if type(fresh) is not type(value):
        raise TypeError(type(fresh))
    return fresh


def _reduced(value: Any) -> tuple[Any, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found: tuple[Any, ...] = value.__reduce__()
    return found
