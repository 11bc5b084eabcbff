"""Flatten a value into leaves that can be compared one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from .anatomy import Node, take_apart

Kind = Literal["container", "inexact", "exact", "opaque"]
PLAIN = (str, bytes, bool, int, type(None), type(Ellipsis))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One place in a value. ``label`` must be equal literally: container type, shape, dtype, weak type.

    ``data`` is a NumPy array for ``inexact`` leaves and arrays, the object itself for other leaves.
    """

    path: str
    label: str
    kind: Kind
    data: Any


def leaves(name: str, value: Any) -> list[Leaf]:
    """The containers and leaves of a value, in order; an object met again on its own path is a leaf."""
    found: list[Leaf] = []
    _collect(name, value, found, ())
    return found


def _collect(path: str, value: Any, found: list[Leaf], above: tuple[int, ...]) -> None:
    node: Node | None = None if id(value) in above else take_apart(value)
    if node is None:
        found.append(Leaf(path, "cycle", "container", None) if id(value) in above else _leaf(path, value))
        return
    found.append(Leaf(path, node.label, "container", None))
    for suffix, child in node.children:
        _collect(path + suffix, child, found, (*above, id(value)))


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
    return Leaf(path, type(value).__qualname__, "opaque", value)


def _jax_leaf(path: str, value: jax.Array) -> Leaf:
    if isinstance(value, jax.core.Tracer):
        return Leaf(path, f"leaked tracer {value.aval}", "opaque", value)
    if value.is_deleted():
        return Leaf(path, "deleted jax.Array", "container", None)
    weak = " weakly typed" if is_weak(value) else ""
    label = f"jax.Array {value.dtype}{list(value.shape)}{weak}"
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        return Leaf(path, label, "exact", np.asarray(jax.random.key_data(value)))
    return Leaf(path, label, "inexact" if is_inexact(value) else "exact", np.asarray(value))


def _numpy_leaf(path: str, value: Any) -> Leaf:
    family = "numpy scalar" if isinstance(value, np.generic) else type(value).__qualname__
    access = "" if isinstance(value, np.generic) or value.flags.writeable else "read-only "
    label = f"{access}{family} {value.dtype}{list(value.shape)}"
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
