"""The same inputs with their rows permuted, or with more or fewer of them."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .pair import batch_size
from .sampling import is_key, placed
from .settings import CONFIG
from .survey import is_array
from .value_tree.leaves import is_weak
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from .observe import Outcome
    from .pair import Pair

KEY_WORDS = 2
"""Numbers in a raw key of JAX's default generator, ``threefry2x32``."""
WIDE_KEYS = ("rbg", "unsafe_rbg")
"""Generators with keys of four."""


def extent(pair: Pair, loop: Outcome, inputs: dict[str, Any]) -> int | None:
    """How many rows the loop runs over: its results or its text say so, else the most frequent leading axis of the inputs.

    Of equally frequent ones it is that of the array with more axes: parameters have fewer than a batch.
    """
    found = batch_size(pair, loop)
    if found is None:
        found = pair.counted
    if found is not None:
        return found
    ranks: dict[int, list[int]] = collections.defaultdict(list)

    def leaf(value: Any) -> Any:
        if is_array(value) and (axes := _axes(value)):
            ranks[axes[0]].append(len(axes))
        return value

    convert(inputs, leaf)
    return max(ranks, key=lambda size: (len(ranks[size]), max(ranks[size])), default=None)


def _axes(value: Any) -> tuple[int, ...]:
    """The extents of the axes that may run over rows: the words of a raw random key are none."""
    shape: tuple[int, ...] = np.shape(value)
    words = {KEY_WORDS, *((4,) if CONFIG.jax_default_prng_impl in WIDE_KEYS else ())}
    return shape[:-1] if value.dtype == np.uint32 and shape[-1:] and shape[-1] in words else shape


def with_rows(inputs: dict[str, Any], count: int, rows: Any) -> dict[str, Any]:
    """The inputs with ``rows`` selected on every axis of ``count`` entries; that number itself becomes the new one."""

    def leaf(value: Any) -> Any:
        if type(value) is int and value == count:
            return len(rows)
        return _selected(value, count, rows) if is_array(value) else value

    converted = convert(inputs, leaf)
    args = converted.get("args")
    if isinstance(args, tuple):
        converted["args"] = tuple(_listed(value, count, rows) for value in args)
    return {name: _listed(value, count, rows) for name, value in converted.items()}


def followed(first: Outcome, other: Outcome, count: int, new: int) -> bool:
    """Whether the loop's results have the same form as before, with ``new`` for ``count`` in the shapes."""
    if other.error is not None or other.refused or first.outputs.keys() != other.outputs.keys():
        return False
    shapes = [
        [np.shape(leaf.data) for leaf in some.all_leaves() if leaf.kind != "container"] for some in (first, other)
    ]
    return [_resized(shape, count, new) for shape in shapes[0]] == shapes[1]


def has_rows(pair: Pair, first: Outcome, other: Outcome, count: int, new: int) -> bool:
    """Whether a run went over ``new`` rows: its batch axis says so, else the form of all results."""
    found = batch_size(pair, other)
    return found == new if found is not None else followed(first, other, count, new)


def _resized(shape: tuple[int, ...], count: int, new: int) -> tuple[int, ...]:
    return tuple(new if extent == count else extent for extent in shape)


def _selected(value: Any, count: int, rows: Any) -> Any:
    for axis, size in enumerate(_axes(value)):
        if size == count:
            value = _taken(value, (slice(None),) * axis + (np.asarray(rows),))
    return value


def _taken(value: Any, index: tuple[Any, ...]) -> Any:
    plain = isinstance(value, jax.Array) and not is_key(value) and not is_weak(value)
    return placed(value, np.asarray(value)[index]) if plain else value[index]


def _listed(value: Any, count: int, rows: Any) -> Any:
    arrays = isinstance(value, list) and len(value) == count and all(isinstance(part, jax.Array) for part in value)
    return [value[i] for i in rows] if arrays else value
