"""Does a region call functions that are jitted already?"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .pair import Pair

LIBRARIES = ("jax", "numpy", "scipy")
JITTED: type = type(jax.jit(lambda: None))


def calls_jitted(pair: Pair, inputs: dict[str, Any]) -> bool:
    """Whether a name or an attribute that the loop reads is a jitted function of the user's own."""
    region = pair.code[0] if pair.code else None
    if not isinstance(region, types.FunctionType):
        return False
    names = set(_names(region.__code__))
    reached = [value for space in (region.__globals__, inputs) for name, value in space.items() if name in names]
    parts = [part for value in reached for part in _attributes(value, names)]
    return any(_is_jitted(value) for value in (*reached, *parts))


def _names(code: types.CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars, *code.co_varnames)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _attributes(value: Any, names: set[str]) -> list[Any]:
    """What the names stand for in a module, a class or an object; nothing is computed for that."""
    spaces = [getattr(value, "__dict__", {}), *(vars(kind) for kind in type(value).__mro__)]
    return [space[name] for space in spaces for name in names if name in space]


def _is_jitted(value: Any) -> bool:
    module = getattr(value, "__module__", None) or ""
    return isinstance(value, JITTED) and module.partition(".")[0] not in LIBRARIES
