"""What can be seen of a value, as plain data, and where two of them part."""

from __future__ import annotations

import types
from typing import Any

import jax
import numpy as np

ROUNDING = 2e-5
"""Relative to the largest number of an array; narrow types may differ by two steps of their own."""
DEEP = 12
NAMELESS = (
    types.FunctionType,
    types.ModuleType,
    types.MethodType,
    types.BuiltinFunctionType,
    type,
    type(jax.jit(abs)),
)
"""What a rewrite may rename or add: only that it is there counts."""


def seen(value: Any, known: dict[int, Any] | None = None, depth: int = 0) -> Any:
    """The value as nested tuples: kind, facts, parts. Objects met before are told by their number.

    Args:
        value: anything a program made.
        known: the objects met so far, by their ``id``.
        depth: how far below the first value this one is.
    """
    known = {} if known is None else known
    if isinstance(value, jax.Array):
        return _jax(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _numpy(value, known, depth)
    if isinstance(value, (bool, int, str, bytes, type(None))):
        return (type(value).__name__, value)
    if isinstance(value, (float, complex)):
        return (type(value).__name__, np.asarray(value))
    if isinstance(value, NAMELESS):
        return ("callable",)
    if id(value) in known:
        return ("met before", list(known).index(id(value)))
    known[id(value)] = value
    if depth > DEEP:
        return ("too deep",)
    return _parts(value, known, depth + 1)


def _parts(value: Any, known: dict[int, Any], depth: int) -> Any:
    name = type(value).__name__
    if isinstance(value, dict):
        return (name, tuple((str(key), seen(part, known, depth)) for key, part in value.items()))
    if isinstance(value, (list, tuple)) or name == "deque":
        return (name, tuple(seen(part, known, depth) for part in value))
    if isinstance(value, (set, frozenset)):
        return (name, tuple(sorted(map(str, value))))
    if hasattr(value, "__dict__"):
        return (name, tuple((key, seen(part, known, depth)) for key, part in sorted(vars(value).items())))
    return (name,)


def _jax(value: jax.Array) -> Any:
    if isinstance(value, jax.core.Tracer):
        return ("tracer",)
    if value.is_deleted():
        return ("deleted",)
    facts = (str(value.dtype), value.shape, bool(getattr(value.aval, "weak_type", False)))
    if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return ("jax", *facts, np.array(jax.random.key_data(value)))
    return ("jax", *facts, np.array(value))


def _numpy(value: Any, known: dict[int, Any], depth: int) -> Any:
    kind = "numpy" if isinstance(value, np.ndarray) else "numpy number"
    order = kind == "numpy" and value.ndim > 1 and (value.flags.c_contiguous, value.flags.f_contiguous)
    facts = (kind, type(value).__name__, str(value.dtype), value.shape, order, value.flags.writeable)
    if value.dtype == object:
        return (*facts, tuple(seen(part, known, depth + 1) for part in value.ravel()))
    return (*facts, np.array(value))


def parting(ours: Any, theirs: Any, where: str = "") -> str:
    """Where two seen values part, and how; empty if nowhere."""
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return "" if _near(ours, theirs) else f"{where}: {_brief(ours)} became {_brief(theirs)}"
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next((found for k, (a, b) in pairs if (found := parting(a, b, f"{where}.{k}"))), "")
    same = type(ours) is type(theirs) and not isinstance(ours, np.ndarray) and ours == theirs
    return "" if same else f"{where}: {_brief(ours)} became {_brief(theirs)}"


def _brief(value: Any) -> str:
    return " ".join(str(value).split())[:80]


def _near(ours: Any, theirs: Any) -> bool:
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return False
    if not jax.numpy.issubdtype(ours.dtype, np.inexact):
        return bool(np.array_equal(ours, theirs))
    allowed = max(ROUNDING, 2 * float(jax.numpy.finfo(ours.dtype).eps)) if ours.dtype.itemsize < 4 else ROUNDING
    a, b = (np.asarray(x).astype(np.complex128).ravel() for x in (ours, theirs))
    finite = np.isfinite(a)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not np.isfinite(b[finite]).all():
        return False
    largest = np.abs(a[finite]).max(initial=1e-30)
    return bool(np.all(np.abs(a[finite] - b[finite]) <= allowed * largest))
