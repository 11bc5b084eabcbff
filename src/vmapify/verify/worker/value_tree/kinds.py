"""What a value is made of: one definition that copying, converting and comparing all follow."""

from __future__ import annotations

import array
import collections
import copy
import functools
import random
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..attempt import attempt
from ..code_owner import is_the_users
from ..iterators import is_iterator

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED_PACKAGES = frozenset(
    ("jax", "jaxlib", "numpy", "threading", "_thread", "logging", "weakref", "_io", "io", "_pytest", "pluggy")
)
"""Instances of these packages' own classes are not taken apart; they are registered pytrees or opaque."""
ATOMS = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    str,
    bytes,
    int,
    float,
    complex,
)
CONTENTS = (jax.Array, np.ndarray, np.generic, set, frozenset, bytearray, array.array)
"""What these hold is compared, and not the attributes of their subclasses."""


@dataclass(frozen=True, slots=True)
class Node:
    """A container: ``label`` describes it, ``children`` are (path suffix, value) pairs in a fixed order.

    ``static`` is what a registered pytree carries besides its children.
    """

    label: str
    children: tuple[tuple[str, Any], ...]
    build: Callable[[list[Any]], Any]
    static: Any = None

    @property
    def parts(self) -> list[Any]:
        """The values of the children."""
        return [part for _, part in self.children]


def take_apart(value: Any) -> Node | None:
    """The node of a container or of an object with attributes; None if the value is a leaf."""
    if isinstance(value, (*ATOMS, *CONTENTS)) or value is None or is_iterator(value):
        return None
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, (list, tuple)):
        return _sequence(value)
    if isinstance(value, functools.partial):
        return _partial(value)
    if isinstance(value, types.MethodType):
        label = f"method {value.__func__.__qualname__}"
        return Node(label, ((".__self__", value.__self__),), lambda new: types.MethodType(value.__func__, new[0]))
    if isinstance(value, collections.deque):
        return _deque(value)
    if _is_closed(value):
        return _pytree(value)
    names = attribute_names(value)
    return _object(value, names) if names or hasattr(value, "__dict__") else _pytree(value)


def _is_closed(value: Any) -> bool:
    """Whether attributes are not what a value is made of; a wrapper that the user has written is as open as other objects."""
    owner = type(value)
    if owner.__module__.partition(".")[0] in SHARED_PACKAGES or isinstance(value, random.Random):
        return True
    return hasattr(value, "__wrapped__") and not is_the_users(owner)


def attribute_names(value: Any) -> list[str]:
    """The attributes that hold an object's state: its ``__dict__`` and filled slots, sorted."""
    names = set(getattr(value, "__dict__", ()))
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    return sorted(name for name in names - {"__dict__", "__weakref__"} if hasattr(value, name))


def _mapping(value: dict[Any, Any]) -> Node:
    keys = list(value)

    def build(new: list[Any]) -> Any:
        fresh = {} if type(value) is dict else copy.copy(value)
        fresh.update(zip(keys, new, strict=True))
        return fresh

    label = f"{type(value).__qualname__} with keys {keys!r}"
    return Node(label, tuple((f"[{key!r}]", value[key]) for key in keys), build)


def _sequence(value: Any) -> Node:
    label = f"{type(value).__qualname__} of {len(value)}"
    return Node(label, tuple((f"[{i}]", item) for i, item in enumerate(value)), functools.partial(_refill, value))


def _deque(value: collections.deque[Any]) -> Node:
    def build(new: list[Any]) -> Any:
        fresh = copy.copy(value)
        fresh.clear()
        fresh.extend(new)
        return fresh

    return Node(
        f"{type(value).__qualname__} of {len(value)}, at most {value.maxlen}",
        tuple((f"[{i}]", item) for i, item in enumerate(value)),
        build,
    )


def _refill(value: Any, new: list[Any]) -> Any:
    if type(value) in {list, tuple}:
        return type(value)(new)
    if hasattr(value, "_fields"):
        return type(value)._make(new)
    fresh = copy.copy(value)
    if isinstance(fresh, list):
        fresh[:] = new
    return fresh


def _partial(value: functools.partial[Any]) -> Node:
    parts = (("func", value.func), ("args", value.args), ("keywords", value.keywords))
    return Node(
        type(value).__qualname__,
        tuple((f".{name}", part) for name, part in parts),
        lambda new: type(value)(new[0], *new[1], **new[2]),
    )


def _object(value: Any, names: list[str]) -> Node:
    def build(new: list[Any]) -> Any:
        fresh, error = attempt(lambda: copy.copy(value))
        if error is not None or type(fresh) is not type(value) or fresh is value:
            return value
        for name, part in zip(names, new, strict=True):
            _set(fresh, name, part)
        return fresh

    children = tuple((f".{name}", getattr(value, name)) for name in names)
    return Node(type(value).__qualname__, children, build)


def _set(target: Any, name: str, part: Any) -> None:
    if name in getattr(target, "__dict__", ()):
        target.__dict__[name] = part
    else:
        object.__setattr__(target, name, part)


def _pytree(value: Any) -> Node | None:
    flatten: Any = jax.tree_util.tree_flatten
    parts, treedef = flatten(value, is_leaf=lambda item: item is not value)
    if jax.tree_util.treedef_is_leaf(treedef):
        return None
    children = tuple((f"<{i}>", part) for i, part in enumerate(parts))
    data, _ = attempt(treedef.node_data)
    return Node(f"{type(value).__qualname__} {treedef}", children, treedef.unflatten, data)
