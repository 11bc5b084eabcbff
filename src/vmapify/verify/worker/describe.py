"""Describe the values that an arrival at a loop finds, as plain data: nothing is converted, copied or called."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .sampling import is_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

DEEPEST = 4
"""Levels of containers that are looked into."""
FEW = 16
"""Entries that are described one by one."""
MANY = 4096
"""Entries that are compared with the first one; longer containers are not looked into."""
NUMBERS = {bool: "bool", int: "int", float: "float", complex: "complex"}


def described(frame: FrameType, paths: Sequence[str]) -> dict[str, Any]:
    """By access path (``xs``, ``self.model``, ``post["mu"]``) what its value is; paths that lead nowhere are left out."""
    found = {path: _value_at(frame, path) for path in paths}
    return {path: describe(value[0]) for path, value in found.items() if value is not None}


def describe(value: Any, depth: int = DEEPEST) -> dict[str, Any]:
    """What ``value`` is, as `vmapify.diagnostic.facts.Seen` reads it."""
    if isinstance(value, jax.Array):
        return {"kind": "array", "dtype": _dtype(value), "shape": list(value.shape)}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"kind": "numpy", "dtype": value.dtype.name, "shape": list(value.shape)}
    if type(value) in NUMBERS:
        return {"kind": "number", "dtype": NUMBERS[type(value)]}
    if value is None:
        return {"kind": "none"}
    if isinstance(value, str):
        return {"kind": "text"}
    if isinstance(value, types.ModuleType):
        return {"kind": "module", "name": value.__name__}
    if isinstance(value, (list, tuple)) and (type(value) in {list, tuple} or _is_named_tuple(value)):
        kind = "list" if isinstance(value, list) else "tuple"
        names = [str(name) for name in getattr(value, "_fields", ())]
        name = type(value).__qualname__ if names else ""
        return {"kind": kind, "names": names, "name": name, **_entries(list(value), depth)}
    if type(value) is dict and all(isinstance(key, str) for key in value) and len(value) <= FEW:
        return {"kind": "dict", "names": list(value), **_entries(list(value.values()), depth)}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return {"kind": "function", "name": f"{value.__module__}.{value.__qualname__}"}
    return {"kind": "object", "name": f"{type(value).__module__}.{type(value).__qualname__}", **_tree(value, depth)}


def _tree(value: Any, depth: int) -> dict[str, Any]:
    """The leaves of a registered pytree, with its structure as the one name; nothing for other objects."""
    found, error = attempt(lambda: jax.tree_util.tree_flatten(value))
    if error is not None or (len(found[0]) == 1 and found[0][0] is value):
        return {}
    leaves, structure = found
    return {"names": [str(structure)], **_entries(leaves, depth)}


def _dtype(value: jax.Array) -> str:
    return "key" if is_key(value) else str(np.dtype(value.dtype).name)


def _is_named_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields") and hasattr(value, "_make")


def _entries(entries: list[Any], depth: int) -> dict[str, Any]:
    """How many there are, what each is if they are alike, and what the first few are."""
    found: dict[str, Any] = {"count": len(entries)}
    if not depth or len(entries) > MANY:
        return found
    told = [describe(entry, depth - 1) for entry in entries]
    if told and all(one == told[0] for one in told):
        found["each"] = told[0]
    if len(told) <= FEW:
        found["parts"] = told
    return found


def _value_at(frame: FrameType, path: str) -> tuple[Any] | None:
    """The value, in a tuple; None if there is none, or if code would have to run to get it."""
    root, *steps = _steps(path)
    space = next((one for one in (frame.f_locals, frame.f_globals) if root in one), None)
    if space is None:
        return None
    value = space[root]
    for step in steps:
        holder = value if type(value) is dict and step.startswith("[") else _own(value, step)
        key = step[2:-2] if step.startswith("[") else step
        if holder is None or key not in holder:
            return None
        value = holder[key]
    return (value,)


def _own(value: Any, step: str) -> Any:
    """The attributes that ``value`` holds itself: a property, or ``__getattr__``, would run code."""
    if step.startswith("["):
        return None
    if _is_named_tuple(value):
        return dict(zip(value._fields, value, strict=True))
    return getattr(value, "__dict__", None)


def _steps(path: str) -> list[str]:
    """``post["mu"].x`` as ``post``, ``["mu"]``, ``x``."""
    return path.replace("[", ".[").split(".")
