"""NumPy's array functions as far as a trace can follow them: what is put into host arrays there stays traced."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {"array": jnp.stack, "asarray": jnp.stack, "stack": jnp.stack}
"""What is done to a list of traced values; a single one is only converted."""


@contextlib.contextmanager
def traced() -> Iterator[None]:
    """``np.array``, ``np.asarray`` and ``np.stack`` of traced values give what ``jnp`` gives meanwhile, in this thread.

    Only calls of one argument, or of a dtype with it, are followed. JAX's own calls are left alone.
    """
    thread = threading.get_ident()
    with contextlib.ExitStack() as stack:
        for name, gather in FUNCTIONS.items():
            original = getattr(np, name)
            stack.callback(setattr, np, name, original)
            setattr(np, name, functools.wraps(original)(_followed(original, gather, thread)))
        yield


def _followed(original: Any, gather: Callable[[list[Any]], Any], thread: int) -> Callable[..., Any]:
    def call(value: Any, *args: Any, **kwargs: Any) -> Any:
        ours = threading.get_ident() == thread and not kwargs.keys() - {"dtype"} and len(args) + len(kwargs) < 2
        if not ours or _asked_by_jax() or not _holds_traced(value):
            return original(value, *args, **kwargs)
        made = gather(list(value)) if isinstance(value, (list, tuple)) else value
        dtype = kwargs.get("dtype", args[0] if args else None)
        return made if dtype is None else made.astype(dtype)

    return call


def _holds_traced(value: Any) -> bool:
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return any(isinstance(part, jax.core.Tracer) for part in parts)


def _asked_by_jax() -> bool:
    return str(sys._getframe(2).f_globals.get("__name__")).partition(".")[0] in {"jax", "jaxlib"}
