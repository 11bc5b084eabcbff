"""What tells one arrival at a site from another: classes, callables, static values, structures, dtypes, shapes, numbers.

Two arrivals of one *kind* run the same code on arrays of the same dtypes and ranks: classes with the same methods, the same
functions down to what they close over, the same flags. Within a kind, shapes, Python numbers and texts may differ.
"""

from __future__ import annotations

import enum
import hashlib
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .anatomy import take_apart
from .attempt import attempt
from .leaves import is_weak
from .reached import (
    code_in,
    is_the_users,
    of_the_user,
    places_of_class,
    places_of_function,
)
from .settings import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .progress import Identities
    from .reached import Place

STATIC = (bool, type(None), type(Ellipsis), enum.Enum, np.dtype)
VARIED = (int, float, complex, str, bytes, np.generic, range, slice)
MOST_PARTS = 20_000
"""Parts that are looked at; arrivals that differ beyond them only are not told apart."""
LONG = 64
"""Characters of a static value that are kept as they are."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``kind`` is equal for arrivals of one kind, ``numbers`` too for those with the same shapes, numbers and texts."""

    kind: str
    numbers: str


def fingerprint(values: dict[str, Any], around: Iterable[Place], identities: Identities) -> Fingerprint:
    """The fingerprint of live values, of what else the region reads by name, and of JAX's settings."""
    reader = _Reader(identities)
    named = [*values.items(), *((place.name, place.value) for place in around)]
    _, error = attempt(lambda: reader.add_all(named))
    reader.kind.append(f"{sorted(snapshot().items())} {'' if error is None else type(error).__name__}")
    return Fingerprint(
        *(hashlib.sha256("\n".join(part).encode()).hexdigest() for part in (reader.kind, reader.numbers))
    )


class _Reader:
    """Writes down what it is given in two lists of lines."""

    def __init__(self, identities: Identities) -> None:
        self.kind: list[str] = []
        self.numbers: list[str] = []
        self._identities = identities
        self._seen: dict[int, int] = {}
        self._held: list[Any] = []
        self._left = MOST_PARTS

    def add_all(self, named: Iterable[tuple[str, Any]]) -> None:
        """Named values with everything in them, and the code that they bring along."""
        for name, value in named:
            self.kind.append(name)
            self._add(value)

    def _add(self, value: Any) -> None:
        self._left -= 1
        if self._left < 0:
            return
        if isinstance(value, STATIC):
            self.kind.append(f"{type(value).__qualname__} {_short(value)}")
        elif isinstance(value, VARIED):
            self.kind.append(type(value).__qualname__)
            self.numbers.append(_short(value))
        elif isinstance(value, (jax.Array, np.ndarray)):
            self._array(value)
        elif id(value) in self._seen:
            self.kind.append(f"as {self._seen[id(value)]}")
        else:
            self._seen[id(value)] = len(self._seen)
            self._held.append(value)
            self._once(value)

    def _array(self, value: Any) -> None:
        weak = isinstance(value, jax.Array) and is_weak(value)
        self.kind.append(f"{type(value).__qualname__} {value.dtype} {value.ndim}{' weak' if weak else ''}")
        self.numbers.append(str(value.shape))
        if isinstance(
            value, np.ndarray
        ):  # it may be changed in place, so that it matters which others are the same one
            known = self._seen.get(id(value))
            self.kind.append(f"{value.flags.writeable}{'' if known is None else f' as {known}'}")
            self._seen.setdefault(id(value), len(self._seen))
            self._held.append(value)

    def _once(self, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            self.kind.append(value.__name__)
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self.kind.append(f"class {self._identities.of(value)}")
            self._places(places_of_class(value))
        elif isinstance(value, types.MethodType):
            self._all("method", (value.__func__, value.__self__))
        else:
            self._object(value)

    def _function(self, value: types.FunctionType) -> None:
        """The user's own by its code and what that reads, others as they are: they do not change from call to call."""
        if of_the_user(value.__code__.co_filename):
            self.kind.append(f"function {self._identities.of(value.__code__)}")
            self._places(places_of_function(value))
        else:
            self.kind.append(f"library {self._identities.of(value.__code__)}")
            self._all("closure", [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)])

    def _object(self, value: Any) -> None:
        owner = type(value)
        self.kind.append(f"{owner.__qualname__} {self._identities.of(owner)}")
        if is_the_users(owner):
            self._add(owner)
        node = take_apart(value)
        if isinstance(value, list):
            self._list(value)
        elif node is not None:
            self._all(_short(node.label) if isinstance(value, dict) else f"{len(node.children)} parts", node.parts)
        elif inner := code_in(value):
            self._all("wrapper", inner)
        elif isinstance(value, (set, frozenset)):
            self.numbers.append(_short(sorted(map(repr, value))))
        elif callable(value):
            self.kind.append(f"the {self._identities.of(value)}")

    def _list(self, value: list[Any]) -> None:
        """Lists of more or fewer entries of one kind are of one kind."""
        self.numbers.append(str(len(value)))
        outer = self.kind
        kinds: list[list[str]] = []
        for part in value:
            self.kind = []
            self._add(part)
            if [self.kind] != kinds[-1:]:
                kinds.append(self.kind)
        self.kind = outer
        for kind in kinds:
            self.kind += ["entry", *kind]

    def _all(self, title: str, parts: Iterable[Any]) -> None:
        self.kind.append(title)
        for part in parts:
            self._add(part)

    def _places(self, found: Iterable[Place]) -> None:
        self.add_all((place.name, place.value) for place in found)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONG else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _is_filled(cell: types.CellType) -> bool:
    return attempt(lambda: cell.cell_contents)[1] is None
