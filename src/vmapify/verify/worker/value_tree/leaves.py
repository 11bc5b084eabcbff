"""Flatten a value into leaves that can be compared one by one."""

from __future__ import annotations

import array
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from ..attempt import attempt
from .kinds import Node, take_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["container", "inexact", "exact", "opaque", "untouched"]
PLAIN = (str, bytes, bool, int, type(None), type(Ellipsis))
MUTABLE = (set, frozenset, array.array, bytearray, random.Random, np.random.RandomState)
"""What holds something that is neither an attribute nor a part, and may be changed in place; frozen sets are equal to others."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the numbers of an array lie, and whether they are ``committed`` to be there."""

    sharding: Any
    committed: bool
    dimensions: int

    def same_devices(self, other: Placement) -> bool:
        """Whether devices, memory kind and the parts on each device are those of ``other``, however it is written."""
        return bool(self.sharding.is_equivalent_to(other.sharding, self.dimensions))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One place in a value. ``label`` must be equal literally: container type, shape, dtype.

    ``data`` is a NumPy array for ``inexact`` leaves and arrays, the object itself for other leaves. An
    ``untouched`` leaf is an immutable array that was there before the call; its numbers are not fetched.
    ``weak`` and ``placement`` are those of a JAX array, whose changes are no refutation but are told.
    """

    path: str
    label: str
    kind: Kind
    data: Any
    weak: bool = False
    placement: Placement | None = None

    @property
    def told(self) -> str:
        """The label and the weak type."""
        return f"{self.label} weakly typed" if self.weak else self.label


def leaves(name: str, value: Any, before: frozenset[int] = frozenset()) -> list[Leaf]:
    """The containers and leaves of a value, in order; an object met again on its own path is a leaf.

    ``before`` holds the identities of the arrays that were there before the call.
    """
    found: list[Leaf] = []
    for path, part, node in places(name, value):
        if node is not None:
            found.append(Leaf(path, node.label, "container", None))
        elif id(part) in before and not part.is_deleted():
            found.append(Leaf(path, _jax_label(part), "untouched", None, is_weak(part)))
        else:
            found.append(_leaf(path, part))
    return found


def arrays(values: dict[str, Any]) -> list[jax.Array]:
    """Every JAX array in some values."""
    found = (part for name, value in values.items() for _, part, _ in places(name, value))
    return [part for part in found if isinstance(part, jax.Array)]


def places(path: str, value: Any, above: tuple[int, ...] = ()) -> Iterator[tuple[str, Any, Node | None]]:
    """Path, value and node of everything in a value, depth first; cycles end in a text."""
    if id(value) in above:
        yield path, "cycle", None
        return
    node = take_apart(value)
    yield path, value, node
    for suffix, child in node.children if node else ():
        yield from places(path + suffix, child, (*above, id(value)))


def _leaf(path: str, value: Any) -> Leaf:
    if isinstance(value, jax.Array):
        return _jax_leaf(path, value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _numpy_leaf(path, value)
    if isinstance(value, (float, complex)):
        return Leaf(path, type(value).__qualname__, "inexact", np.asarray(value))
    if isinstance(value, PLAIN):
        return Leaf(path, type(value).__qualname__, "exact", value)
    if isinstance(value, np.random.Generator):
        return Leaf(path, "numpy.random.Generator", "exact", repr(value.bit_generator.state))
    if isinstance(value, MUTABLE):
        return _mutable_leaf(path, value)
    return _opaque(path, value)


def _mutable_leaf(path: str, value: Any) -> Leaf:
    """What a value holds now, kept apart from what will be done with it."""
    label = type(value).__qualname__
    if isinstance(value, (set, frozenset)):
        plain = all(type(item) in PLAIN for item in value)
        return Leaf(path, label, "exact", tuple(sorted(map(repr, value)))) if plain else _opaque(path, frozenset(value))
    if isinstance(value, array.array) and value.typecode not in {"u", "w"}:
        data = np.array(value)
        return Leaf(path, f"{label} {value.typecode}", "inexact" if is_inexact(data) else "exact", data)
    if isinstance(value, (array.array, bytearray)):
        return Leaf(path, label, "exact", bytes(value))
    state, error = attempt(value.getstate if isinstance(value, random.Random) else value.get_state)
    return _opaque(path, value) if error is not None else Leaf(path, label, "exact", repr(state))


def _opaque(path: str, value: Any) -> Leaf:
    return Leaf(path, type(value).__qualname__, "opaque", value)


def _jax_leaf(path: str, value: jax.Array) -> Leaf:
    if isinstance(value, jax.core.Tracer):
        return Leaf(path, f"leaked tracer {value.aval}", "opaque", value)
    if value.is_deleted():
        return Leaf(path, "deleted jax.Array", "container", None)
    label, weak = _jax_label(value), is_weak(value)
    placement = Placement(value.sharding, bool(value.committed), value.ndim)
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        return Leaf(path, label, "exact", np.asarray(jax.random.key_data(value)), weak, placement)
    return Leaf(path, label, "inexact" if is_inexact(value) else "exact", np.asarray(value), weak, placement)


def _jax_label(value: jax.Array) -> str:
    return f"jax.Array {value.dtype}{list(value.shape)}"


def _numpy_leaf(path: str, value: Any) -> Leaf:
    family = "numpy scalar" if isinstance(value, np.generic) else type(value).__qualname__
    access = "" if isinstance(value, np.generic) or value.flags.writeable else "read-only "
    order = "Fortran-ordered " if value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous else ""
    label = f"{access}{order}{family} {value.dtype}{list(value.shape)}"
    if value.dtype.hasobject:
        return Leaf(path, label, "opaque", value)
    return Leaf(path, label, "inexact" if is_inexact(value) else "exact", np.asarray(value))


def is_weak(value: jax.Array) -> bool:
    """Whether the dtype yields to that of other operands, like a Python number's."""
    aval: Any = value.aval
    return bool(aval.weak_type)


def is_inexact(value: Any) -> bool:
    """Whether an array holds floating point or complex numbers, the 8- and 16-bit kinds included."""
    return bool(jnp.issubdtype(value.dtype, np.inexact))
