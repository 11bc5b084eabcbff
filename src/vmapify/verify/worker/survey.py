"""Look over the arrays in some inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .value_tree.kinds import take_apart

if TYPE_CHECKING:
    from collections.abc import Callable


def signature(inputs: dict[str, Any]) -> str:
    """Shapes and dtypes of all arrays, types of the rest: two arrivals with the same one teach the same."""
    parts: list[str] = []

    def leaf(value: Any) -> Any:
        shaped = f"{value.dtype}{value.shape}" if is_array(value) else ""
        parts.append(type(value).__name__ + shaped)
        return value

    _each(inputs, leaf)
    return ",".join(parts)


def array_shapes(inputs: dict[str, Any]) -> list[tuple[int, ...]]:
    """The shapes of all arrays in the inputs."""
    shapes: list[tuple[int, ...]] = []

    def leaf(value: Any) -> Any:
        if is_array(value):
            shapes.append(tuple(value.shape))
        return value

    _each(inputs, leaf)
    return shapes


def host_arrays(inputs: dict[str, Any]) -> list[Any]:
    """The NumPy arrays and scalars in the inputs."""
    found: list[Any] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject:
            found.append(value)
        return value

    _each(inputs, leaf)
    return found


def _each(inputs: dict[str, Any], leaf: Callable[[Any], Any]) -> None:
    stack, seen = list(inputs.values()), set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        node = take_apart(value)
        if node is None:
            leaf(value)
        else:
            stack.extend(part for _, part in node.children)


def is_array(value: Any) -> bool:
    """Whether a leaf is an array whose values can be read or made up."""
    if isinstance(value, jax.Array):
        return isinstance(value, jax.core.Tracer) or not value.is_deleted()
    return isinstance(value, np.ndarray) and not value.dtype.hasobject
