"""What annotations say of a value: an upper bound, never the exact class."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.doubt import Unproven
from vmapify.domain.dtypes import ANY, FLOATING, DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, ClassValue, Library, Number, Outer, Text, Unknown, Value

if TYPE_CHECKING:
    from vmapify.interpret.running import Running
    from vmapify.syntax import Module

ARRAYS = {"jax.Array", "jaxtyping.Array"}
_JAXTYPING = {
    "Float": FLOATING,
    "Float32": DType("float32"),
    "Float64": DType("float64"),
    "Int": ANY,
    "Bool": DType("bool"),
    "Num": ANY,
    "Shaped": ANY,
    "Inexact": FLOATING,
}


def annotated(machine: Running, module: Module, node: ast.expr | None, symbol: Term) -> Value:
    """The value ``symbol`` of what is annotated by ``node`` in ``module``."""
    unknown = Unknown(symbol)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return unknown
    if node is None:
        return unknown
    if isinstance(node, ast.Subscript):
        return _subscripted(machine, module, node, symbol) or unknown
    found = meaning(machine, module, node)
    if isinstance(found, ClassValue):
        return Outer(symbol, found)
    match found.name if isinstance(found, Library) else None:
        case name if name in ARRAYS:
            return Array(symbol, ANY)
        case "builtins.int":
            return Number("int", symbol)
        case "builtins.float":
            return Number("real", symbol)
        case "builtins.bool":
            return Number("bool", symbol)
        case "builtins.str":
            return Text(symbol)
    return unknown


def meaning(machine: Running, module: Module, node: ast.expr) -> Value | None:
    """What an annotation names, as the module knows it."""
    try:
        with machine.apart(module) as frame:
            return machine.value(node, frame)
    except Unproven:
        return None


def _named(machine: Running, module: Module, node: ast.expr) -> str | None:
    found = meaning(machine, module, node)
    return found.name if isinstance(found, Library) else None


def _subscripted(machine: Running, module: Module, node: ast.Subscript, symbol: Term) -> Value | None:
    """``Float[Array, "n 3"]``."""
    name = _named(machine, module, node.value) or ""
    package, _, kind = name.rpartition(".")
    if package != "jaxtyping" or not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:
        return None
    what, shape = node.slice.elts
    is_array = _named(machine, module, what) in ARRAYS
    if not is_array or not (isinstance(shape, ast.Constant) and isinstance(shape.value, str)):
        return None
    return Array(symbol, _JAXTYPING.get(kind), _shape(shape.value, symbol))


def _shape(text: str, symbol: Term) -> tuple[Term, ...] | None:
    words = text.split()
    if any(not (word.isidentifier() or word.isdigit()) for word in words):
        return None
    return tuple(
        integers.constant(int(word)) if word.isdigit() else term("extent", symbol, axis)
        for axis, word in enumerate(words)
    )
