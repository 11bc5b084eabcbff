"""Values for the judged runs: upcast, nudged by one rounding, redrawn, or made up from abstract values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .anatomy import take_apart
from .leaves import is_inexact, is_weak

if TYPE_CHECKING:
    from collections.abc import Callable

Generator = np.random.Generator


def is_key(value: Any) -> bool:
    """Whether an array holds typed random keys."""
    return isinstance(value, jax.Array) and bool(jnp.issubdtype(value.dtype, jax.dtypes.prng_key))


def is_floating(value: Any) -> bool:
    """Whether a leaf is an array (not a Python number) of floating point or complex numbers."""
    if isinstance(value, jax.Array):
        return not is_key(value) and not value.is_deleted() and is_inexact(value)
    return isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject and is_inexact(value)


def upcast(value: Any) -> Any:
    """The same numbers in float64 or complex128; run it with x64 enabled."""
    if not is_floating(value):
        return value
    wide = np.complex128 if np.dtype(value.dtype).kind == "c" else np.float64
    if isinstance(value, np.generic):
        return wide(value)
    if isinstance(value, np.ndarray):
        return value.astype(wide)
    if is_weak(value) and value.ndim == 0:
        return jnp.asarray(wide(value).item())
    return value.astype(wide)


def nudge(random: Generator) -> Callable[[Any], Any]:
    """Multiplies float64 leaves by 1 ± eps: how far does the loop itself move?"""

    def leaf(value: Any) -> Any:
        if not is_floating(value):
            return value
        sign = random.choice((-1.0, 1.0), size=value.shape)
        return _like(value, _host(value) * (1 + sign * np.finfo(np.float64).eps))

    return leaf


def redraw(random: Generator) -> Callable[[Any], Any]:
    """Fresh floats on the same shapes and dtypes; everything else stays."""
    return lambda value: _redrawn(value, random) if is_floating(value) else value


def redraw_freely(random: Generator) -> Callable[[Any], Any]:
    """Fresh normal floats whatever the sign and order of the old ones."""
    return lambda value: _like(value, _normal(_host(value), random)) if is_floating(value) else value


def redraw_all(random: Generator) -> Callable[[Any], Any]:
    """Fresh floats, and integers, bools and keys too: for inputs that cannot tell the lanes apart."""
    return lambda value: _redrawn(value, random) if _is_array(value) else value


def concrete(random: Generator) -> Callable[[Any], Any]:
    """Values for tracers: standard normal floats, small integers, bools, keys."""
    return lambda value: _made_up(value, random) if isinstance(value, jax.core.Tracer) else value


def signature(inputs: dict[str, Any]) -> str:
    """Shapes and dtypes of all arrays, types of the rest: two arrivals with the same one teach the same."""
    parts: list[str] = []

    def leaf(value: Any) -> Any:
        shaped = f"{value.dtype}{value.shape}" if _is_array(value) else ""
        parts.append(type(value).__name__ + shaped)
        return value

    _each(inputs, leaf)
    return ",".join(parts)


def array_shapes(inputs: dict[str, Any]) -> list[tuple[int, ...]]:
    """The shapes of all arrays in the inputs."""
    shapes: list[tuple[int, ...]] = []

    def leaf(value: Any) -> Any:
        if _is_array(value):
            shapes.append(tuple(value.shape))
        return value

    _each(inputs, leaf)
    return shapes


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


def _is_array(value: Any) -> bool:
    if isinstance(value, jax.Array):
        return isinstance(value, jax.core.Tracer) or not value.is_deleted()
    return isinstance(value, np.ndarray) and not value.dtype.hasobject


def _host(value: Any) -> Any:
    wide = np.complex128 if np.dtype(value.dtype).kind == "c" else np.float64
    return np.asarray(value).astype(wide)


def _like(value: Any, data: Any) -> Any:
    """``data`` as the same kind of array, with the dtype and placement of ``value``."""
    if isinstance(value, np.generic):
        return value.dtype.type(data)
    if isinstance(value, np.ndarray):
        return np.asarray(data).astype(value.dtype)
    if is_weak(value) and value.ndim == 0:
        return jnp.asarray(np.asarray(data).item())
    return jax.device_put(np.asarray(data).astype(value.dtype), value.sharding)


def _redrawn(value: Any, random: Generator) -> Any:
    if is_key(value):
        words = random.integers(0, 2**32, jax.random.key_data(value).shape, np.uint32)
        return jax.random.wrap_key_data(jnp.asarray(words), impl=jax.random.key_impl(value))
    if is_floating(value):
        return _like(value, _fresh_floats(_host(value), random))
    return _like(value, _fresh_integers(np.asarray(value), random))


def _fresh_floats(old: Any, random: Generator) -> Any:
    """Normal numbers at the leaf's own scale; values of one sign keep their range, sorted rows stay sorted.

    Symmetric matrices stay symmetric and positive definite, so that factorizations of them still exist.
    """
    finite = old[np.isfinite(old)]
    if _symmetric(old):
        half = random.normal(size=old.shape)
        return _scale(old) * (half @ half.swapaxes(-1, -2) / old.shape[-1] + np.eye(old.shape[-1]))
    if old.dtype.kind == "c" or not np.any(finite) or finite.min() < 0 < finite.max():
        return _normal(old, random)
    low, high = float(finite.min()), float(finite.max())
    low, high = (low, high) if low < high else sorted((0.5 * low, 1.5 * low))
    fresh = random.uniform(low, high, size=old.shape)
    ordered = old.ndim == 1 and old.size > 2 and bool(np.all(np.diff(old) > 0))
    return np.sort(fresh) if ordered else fresh


def _symmetric(old: Any) -> bool:
    square = old.ndim >= 2 and old.shape[-1] == old.shape[-2] > 1 and old.dtype.kind != "c"
    return bool(square and np.array_equal(old, old.swapaxes(-1, -2)))


def _scale(old: Any) -> float:
    """Root mean square of the finite numbers; 1 where there are none."""
    finite = np.abs(old[np.isfinite(old)])
    return (float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0) or 1.0


def _normal(old: Any, random: Generator) -> Any:
    if old.dtype.kind == "c":
        return _scale(old) * (random.normal(size=old.shape) + 1j * random.normal(size=old.shape)) / np.sqrt(2)
    return _scale(old) * random.normal(size=old.shape)


def _fresh_integers(old: Any, random: Generator) -> Any:
    """Values that occur in the leaf, drawn again; where all are equal, small ones; words for keys."""
    if old.size == 0:
        return old
    if old.dtype == np.bool_:
        return random.integers(0, 2, old.shape).astype(bool)
    if old.dtype == np.uint32 and old.shape[-1:] == (2,):
        return random.integers(0, 2**32, old.shape, np.uint32)
    if np.unique(old).size == 1:
        return random.integers(0, abs(int(old.flat[0])) + 2, old.shape)
    return random.choice(old.reshape(-1), size=old.shape)


def _made_up(tracer: Any, random: Generator) -> Any:
    aval = tracer.aval
    if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key):
        keys = jax.random.split(jax.random.key(int(random.integers(2**31))), max(int(np.prod(aval.shape)), 1))
        return keys[0] if aval.shape == () else keys.reshape(aval.shape)
    if jnp.issubdtype(aval.dtype, np.inexact):
        noise = random.normal(size=aval.shape)
        if aval.weak_type and aval.shape == ():
            return jnp.asarray(float(noise))
        return jnp.asarray(noise.astype(aval.dtype))
    high = 2 if aval.dtype == np.bool_ else 4
    return jnp.asarray(random.integers(0, high, aval.shape).astype(aval.dtype))
