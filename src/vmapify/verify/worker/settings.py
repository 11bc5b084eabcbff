"""JAX's settings that change numbers: read them, carry them to another thread, find the device."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
from typing import TYPE_CHECKING, Any

import jax

from .attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONFIG: Any = jax.config
"""Its attributes are made at run time, so nothing is known about their types."""


def x64_enabled() -> bool:
    """Whether 64-bit types are on, in this thread."""
    return bool(CONFIG.jax_enable_x64)


def with_x64(enabled: bool) -> contextlib.AbstractContextManager[Any]:
    """A context with 64-bit types on or off; older JAX keeps it among the experiments."""
    place: Any = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    made: contextlib.AbstractContextManager[Any] = place.enable_x64(enabled)
    return made


def matmul_precision() -> str:
    """The default precision of matrix products, in this thread."""
    return str(CONFIG.jax_default_matmul_precision or "default")


KEPT = (
    "jax_enable_x64",
    "jax_default_matmul_precision",
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_numpy_dtype_promotion",
    "jax_numpy_rank_promotion",
    "jax_debug_nans",
)
"""Settings that change numbers or what is an error, and that a bundle keeps."""


def snapshot() -> dict[str, Any]:
    """The kept settings as they are in this thread."""
    found = {name: getattr(CONFIG, name, None) for name in KEPT}
    return {name: value for name, value in found.items() if isinstance(value, (bool, str))}


def apply(kept: dict[str, Any]) -> None:
    """Make the kept settings this process's, as far as this JAX knows them; the others stay."""
    for name in KEPT:
        if isinstance(kept.get(name), (bool, str)):
            attempt(functools.partial(CONFIG.update, name, kept[name]))


@contextlib.contextmanager
def from_environment() -> Iterator[None]:
    """Heed the settings that code inside writes to ``os.environ``: before it imports JAX, it thinks, but that was done."""
    names = {name: name.upper() for name in KEPT}
    before = {name: os.environ.get(variable) for name, variable in names.items()}
    yield
    for name, variable in names.items():
        text = os.environ.get(variable)
        if text is not None and text != before[name]:
            switch = isinstance(getattr(CONFIG, name, None), bool)
            attempt(functools.partial(CONFIG.update, name, text.lower() in TRUE if switch else text))


# as JAX reads its variables
TRUE = {"1", "true", "yes", "on", "y", "t"}


def default_device() -> Any:
    """The device that new arrays go to."""
    chosen = CONFIG.jax_default_device
    return chosen if isinstance(chosen, jax.Device) else jax.devices(chosen)[0]


def compilation_cache() -> str | None:
    """The folder where JAX itself keeps compiled programs, if it does."""
    return CONFIG.jax_compilation_cache_dir or None


def chosen_device(wanted: str | None) -> Any:
    """The device asked for ('gpu', 'cuda:1'), None for the default, or a line saying that it is missing."""
    if wanted is None:
        return None
    platform, _, index = wanted.partition(":")
    devices, error = attempt(lambda: jax.devices(platform))
    number = int(index) if index.isdigit() else 0
    if error is not None or number >= len(devices):
        here = ", ".join(sorted({f"{device.platform}:{device.id}" for device in jax.devices()}))
        return f"device {wanted!r} was asked for, but JAX here has only {here}"
    return devices[number]


def carried(device: Any) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """The calling thread's settings, to be entered in another thread; ``device`` overrides the default."""
    x64, precision = CONFIG.jax_enable_x64, CONFIG.jax_default_matmul_precision
    default = device if device is not None else CONFIG.jax_default_device

    @contextlib.contextmanager
    def enter() -> Iterator[None]:
        with with_x64(x64), jax.default_matmul_precision(precision), jax.default_device(default):
            yield

    return enter
