"""What an annotation allows: jaxtyping and plain arrays, numbers, containers, and classes made by their arguments."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import itertools
import types
import typing
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..attempt import attempt
from .names import arrays, counts, functions
from .values import Array, Dim, Fixed, Made, Parts

if TYPE_CHECKING:
    from collections.abc import Iterable

DEPTH = 3
"""Classes whose arguments are classes are made down to this depth."""
CHOICES = 3
"""Ways of making an argument of a class, or an entry of a container, that are tried."""
MOST = 3**8
"""Combinations that are put into order; classes with more parts are made from the first of them."""
UNKNOWN = (Any, inspect.Parameter.empty, object)
UNMAKEABLE = (dict, collections.abc.Mapping, collections.abc.MutableMapping, set, frozenset, str, bytes)
"""What is in them, nothing says."""
LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)


def hints(function: Any) -> dict[str, Any]:
    """The annotations of a function, resolved where they can be."""
    found, error = attempt(lambda: typing.get_type_hints(function, include_extras=True))
    if error is None:
        return dict(found)
    return {name: _resolved(text, function) for name, text in getattr(function, "__annotations__", {}).items()}


def _resolved(annotation: Any, function: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation
    value, error = attempt(lambda: eval(annotation, function.__globals__))  # noqa: S307 (the user's own annotation)
    return value if error is None else inspect.Parameter.empty


def _fixed(values: Iterable[Any]) -> list[Made]:
    return [Fixed(value) for value in values]


def allowed(annotation: Any, name: str, depth: int = 0) -> list[Made] | None:
    """Values of the annotated type, the likeliest first; None if the annotation says too little.

    The list is empty where nothing of the type can be made up.
    """
    if annotation in UNKNOWN or isinstance(annotation, (str, typing.TypeVar)):
        return None
    if hasattr(annotation, "dim_str") and hasattr(annotation, "dtypes"):
        return _jaxtyped(annotation)
    if annotation in (jax.Array, np.ndarray, jnp.ndarray) or _is_array_union(annotation):
        return None
    if (typing.get_origin(annotation) or annotation) in UNMAKEABLE:
        return []
    plain = _plain(annotation, name)
    if plain is not None:
        return plain
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _generic(origin, annotation, name, depth)
    if inspect.isclass(annotation) and depth < DEPTH and annotation.__module__ not in {"builtins", "jax", "numpy"}:
        return _instances(annotation, depth)
    return None


def _plain(annotation: Any, name: str) -> list[Made] | None:
    if annotation is type(None):
        return [Fixed(None)]
    if annotation is bool:
        return [Fixed(False), Fixed(True)]
    if annotation is int:
        return counts(name)
    if annotation is float:
        return [Fixed(0.5), Fixed(1.0)]
    if annotation is complex:
        return [Fixed(0.5 + 0.25j)]
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        return _fixed(annotation)[:CHOICES]
    if annotation in (collections.abc.Callable, typing.Callable):
        return functions()
    return None


def _is_array_union(annotation: Any) -> bool:
    """``jax.typing.ArrayLike``, ``jax.Array | np.ndarray``, ``Array | float``."""
    parts = typing.get_args(annotation) if _is_union(typing.get_origin(annotation)) else ()
    return any(part in (jax.Array, np.ndarray) for part in parts)


def _is_union(origin: Any) -> bool:
    return origin is typing.Union or origin is types.UnionType


def _jaxtyped(annotation: Any) -> list[Made]:
    """``Float[Array, "batch 3"]``; an unnamed or variadic part gives several readings."""
    dtype = _dtype(annotation.dtypes)
    host = annotation.array_type is np.ndarray
    readings: list[tuple[Dim, ...]] = [()]
    for position, token in enumerate(annotation.dim_str.split()):
        readings = [(*before, *after) for after in _dims(token, position) for before in readings]
    if dtype == "key" and readings == [(2,)]:
        readings = [()]  # a legacy key has its two words
    return [Array(dims, dtype, host, typed=True) for dims in readings]


def _dims(token: str, position: int) -> list[tuple[Dim, ...]]:
    name = token.partition("=")[2] or token
    variadic = name.startswith("*") or "..." in name
    name = name.lstrip("#*?")
    if variadic:
        return [(), (name.strip(".") or f"_{position}",)]
    if name.isdigit():
        return [(int(name),)]
    return [(f"_{position}" if name.startswith("_") else name,)]


def _dtype(dtypes: Any) -> str:
    names = [str(dtype) for dtype in dtypes] if isinstance(dtypes, (list, tuple)) else []
    if any("key" in name for name in names) or names == ["uint32"]:
        return "key"
    preferred = ("float32", "int32", "complex64", "bool")
    return next((name for name in preferred if name in names), next(iter(names), "float32"))


def _generic(origin: Any, annotation: Any, name: str, depth: int) -> list[Made] | None:
    parts = typing.get_args(annotation)
    if _is_union(origin):
        found = [made for part in parts for made in allowed(part, name, depth) or ()]
        return sorted(found, key=lambda made: isinstance(made, Fixed) and made.value is None) or None
    if origin is typing.Literal:
        return _fixed(parts)[:CHOICES]
    if origin is typing.Annotated:
        return allowed(parts[0], name, depth)
    if origin is collections.abc.Callable:
        return functions()
    if origin is tuple and parts and parts[-1] is not Ellipsis:
        choices = [allowed(part, name, depth) or arrays() for part in parts]
        return [Parts(tuple, entries) for entries in products(choices)]
    if origin in LISTS or origin is tuple:
        entries = allowed(parts[0], name, depth) if parts else None
        build = tuple if origin is tuple else list
        return [Parts(build, (entry,) * 3) for entry in entries or arrays()]
    if inspect.isclass(origin) and depth < DEPTH and origin.__module__ != "builtins":
        return _instances(origin, depth)
    return None


def products(choices: list[list[Made]]) -> list[tuple[Made, ...]]:
    """Combinations of the first few ways of making each part, the likeliest first."""
    places = itertools.product(*(range(min(len(ways), CHOICES)) for ways in choices))
    likeliest = sorted(itertools.islice(places, MOST), key=sum)[: CHOICES * CHOICES]
    return [tuple(ways[k] for ways, k in zip(choices, at, strict=True)) for at in likeliest]


def _instances(kind: Any, depth: int) -> list[Made]:
    from .classes import instances  # noqa: PLC0415 (what a class is made of is annotated again)

    return instances(kind, depth)
