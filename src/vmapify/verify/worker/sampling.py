"""Values for the judged runs: upcast, nudged by one rounding, redrawn, or made up from abstract values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from . import sampled_numbers
from .survey import is_array
from .value_tree.leaves import is_inexact, is_weak

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
    return placed(value, np.asarray(value).astype(wide))


def placed(value: Any, data: Any) -> Any:
    """Host data as a JAX array where ``value`` is and bound to a device only if that is: programs are compiled for it."""
    return jax.device_put(data, value.sharding) if value.committed else jax.device_put(data)


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
    return lambda value: _like(value, sampled_numbers.normal(_host(value), random)) if is_floating(value) else value


def redraw_all(random: Generator) -> Callable[[Any], Any]:
    """Fresh floats, and integers, bools and keys too: for inputs that cannot tell the lanes apart."""
    return lambda value: _redrawn(value, random) if is_array(value) else value


def concrete(random: Generator) -> Callable[[Any], Any]:
    """Values for tracers: standard normal floats, small integers, bools, keys."""
    return lambda value: _made_up(value, random) if isinstance(value, jax.core.Tracer) else value


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
    return placed(value, np.asarray(data).astype(value.dtype))


def _redrawn(value: Any, random: Generator) -> Any:
    if is_key(value):
        words = random.integers(0, 2**32, jax.random.key_data(value).shape, np.uint32)
        return jax.random.wrap_key_data(jnp.asarray(words), impl=jax.random.key_impl(value))
    if is_floating(value):
        return _like(value, sampled_numbers.floats(_host(value), random))
    return _like(value, sampled_numbers.integers(np.asarray(value), random))


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
