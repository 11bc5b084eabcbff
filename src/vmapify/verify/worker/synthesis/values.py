"""Made-up values: what is to be made, in symbolic sizes, and the making of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Dim = str | int
LENGTHS = ((5, 3, 4, 2, 6, 7, 8, 9), (4, 5, 3, 6, 2, 8, 7, 9))
"""Extents of the named dimensions in the order of their appearance: distinct, so that axes cannot be confused."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array with named or fixed dimensions; ``dtype`` is a NumPy name, or ``key``; ``typed`` if it is told, not guessed."""

    dims: tuple[Dim, ...]
    dtype: str = "float32"
    host: bool = False
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """The extent of a named dimension as a Python integer."""

    dim: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value as it is: a default, a member of an enumeration, a function."""

    value: Any


@dataclass(frozen=True, slots=True)
class Parts:
    """``build(parts)``: a tuple, a list, or an object made by its class from its arguments."""

    build: Callable[[list[Any]], Any]
    parts: tuple[Made, ...]


Made = Array | Size | Fixed | Parts


class Maker:
    """Makes values: one extent a named dimension, one stream of numbers; ``integers`` where a dtype is only guessed."""

    def __init__(self, variant: int, *, integers: bool = False) -> None:
        self._integers = integers
        self._lengths = LENGTHS[variant]
        self._extents: dict[str, int] = {}
        self._random = np.random.default_rng(variant)

    def make(self, made: Made) -> Any:
        """A fresh value."""
        match made:
            case Fixed(value):
                return value
            case Size(dim):
                return self.extent(dim)
            case Parts(build, parts):
                return build([self.make(part) for part in parts])
        return self._array(made)

    def extent(self, dim: Dim) -> int:
        """The extent of a dimension; ``n+1`` counts from that of ``n``."""
        if isinstance(dim, int):
            return dim
        name, plus, offset = dim.partition("+")
        if plus and offset.isdigit():
            return self.extent(name) + int(offset)
        if dim not in self._extents:
            used = len(self._extents)
            self._extents[dim] = self._lengths[used] if used < len(self._lengths) else used + 2
        return self._extents[dim]

    def _array(self, made: Array) -> Any:
        shape = tuple(self.extent(dim) for dim in made.dims)
        if made.dtype == "key":
            return _keys(shape, int(self._random.integers(2**31)))
        guessed = self._integers and made.dtype == "float32" and not made.typed
        data = (
            self._random.integers(1, 9, shape).astype("int32")
            if guessed
            else self._numbers(shape, np.dtype(made.dtype))
        )
        return data if made.host else jnp.asarray(data)

    def _numbers(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        if dtype.kind in "iub":
            return self._random.integers(0, 2, shape).astype(dtype)
        # between 0 and 1: probabilities, and the domain of log, sqrt and arccos
        numbers = self._random.uniform(0.1, 0.9, shape)
        return (numbers + 1j * self._random.uniform(0.1, 0.9, shape) if dtype.kind == "c" else numbers).astype(dtype)


def _keys(shape: tuple[int, ...], seed: int) -> Any:
    """Legacy keys, which functions of ``jax.random`` and code that inspects key shapes both take."""
    key = jax.random.PRNGKey(seed)
    return jax.random.split(key, shape) if shape else key
