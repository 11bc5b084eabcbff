"""What an accumulator starts from: nothing that would count, or something that must be kept."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Literal

from vmapify.patterns.sinks import TREE_MAPS
from vmapify.syntax import last_name
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop import Operation
    from vmapify.patterns.names import Names

IDENTITIES: dict[Operation, float] = {
    "sum": 0,
    "prod": 1,
    "max": -math.inf,
    "min": math.inf,
    "logsumexp": -math.inf,
    "all": True,
    "any": False,
}
INFINITIES = {"jax.numpy.inf", "numpy.inf", "math.inf", "jax.numpy.Inf", "numpy.Inf"}
FILLED = {"zeros": 0, "zeros_like": 0, "ones": 1, "ones_like": 1}
WRAPPING = {"array", "asarray", "float32", "float64", "float16", "bfloat16", "int32", "int64", "bool_", "complex64"}
MEASURING = {"len", "int", "float", "tuple", "list", "shape", "size", "dtype"}
ARRAYS = {*FILLED, *WRAPPING, "full", "full_like"}


Identity = Literal["absent", "number", "array", "tree"]


def identity_of(start: ast.expr, operation: Operation, names: Names, *, tree: bool) -> Identity | None:
    """Whether ``start`` is the identity of ``operation``, and in which form."""
    wanted = IDENTITIES[operation]
    if tree:
        return "tree" if _tree_of(start, wanted, names) else None
    number = _number(start, names)
    if number == wanted and isinstance(number, bool) is isinstance(wanted, bool):
        return "number"
    if _array(start, names) != wanted:
        return None
    return "number" if _weak(start, names) else "array"


def _weak(start: ast.expr, names: Names) -> bool:
    """``jnp.array(0.0)`` promotes as ``0.0`` does."""
    match start:
        case ast.Call(func=function, args=[_], keywords=[]):
            return names.qualified(function) in {"jax.numpy.array", "jax.numpy.asarray"}
    return False


def _number(node: ast.expr, names: Names) -> float | None:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _number(operand, names)
            return -number if number is not None else None
        case ast.Call(func=function, args=[ast.Constant(value=str() | int() | float() as text)], keywords=[]):
            called = names.qualified(function)
            return _float(text) if called == "builtins.float" else None
        case ast.Attribute() | ast.Name():
            return math.inf if names.qualified(node) in INFINITIES else None
    return None


def _float(text: str | float) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _array(node: ast.expr, names: Names) -> float | None:
    """What fills ``jnp.zeros(n)``, ``jnp.full_like(x, -jnp.inf)`` or ``jnp.float32(0)``."""
    if not isinstance(node, ast.Call) or not names.may_be(node.func, ARRAYS):
        return None
    library, _, last = (names.qualified(node.func) or "").rpartition(".")
    if library not in {"jax.numpy", "numpy"} or last not in ARRAYS:
        return None
    if not _only_sizes(node):
        return None
    if last in FILLED:
        return FILLED[last]
    position = 1 if last.startswith("full") else 0
    filling = node.args[position] if len(node.args) > position else _keyword(node, "fill_value")
    return _number(filling, names) if filling is not None else None


def _only_sizes(node: ast.Call) -> bool:
    """Whether the arguments call nothing that might do more than measure, so that the line can go."""
    parts = [*node.args, *(part.value for part in node.keywords)]
    calls = [child for part in parts for child in walk(part) if isinstance(child, ast.Call)]
    return all(last_name(call.func) in MEASURING for call in calls)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((part.value for part in call.keywords if part.arg == name), None)


def _tree_of(node: ast.expr, wanted: float, names: Names) -> bool:
    """``jax.tree.map(jnp.zeros_like, params)`` and ``jax.tree.map(lambda p: jnp.zeros(p.shape), params)``."""
    match node:
        case ast.Call(func=function, args=[maker, _], keywords=[]) if names.qualified(function) in TREE_MAPS:
            pass
        case _:
            return False
    if isinstance(maker, ast.Lambda):
        return _array(maker.body, names) == wanted
    library, _, last = (names.qualified(maker) or "").rpartition(".")
    return library == "jax.numpy" and last.endswith("_like") and FILLED.get(last) == wanted
