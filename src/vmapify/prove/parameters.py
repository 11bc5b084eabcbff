"""What the parameters of a function are, as their annotations say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.doubt import Unproven
from vmapify.domain.dtypes import ANY, FLOATING, DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Library, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from vmapify.interpret.machine import Machine

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


def values(machine: Machine, function: ast.FunctionDef) -> dict[str, Value]:
    """A value for every parameter."""
    spec = function.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    found = {one.arg: _value(machine, one) for one in every}
    for extra in (spec.vararg, spec.kwarg):
        if extra is not None:
            found[extra.arg] = Unknown(term("parameter", extra.arg))
    return found


def _value(machine: Machine, parameter: ast.arg) -> Value:
    symbol = term("parameter", parameter.arg)
    unknown = Unknown(symbol)
    node = parameter.annotation
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return unknown
    if node is None:
        return unknown
    if isinstance(node, ast.Subscript):
        return _subscripted(machine, node, symbol) or unknown
    match _named(machine, node):
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


def _named(machine: Machine, node: ast.expr) -> str | None:
    try:
        with machine.apart(machine.module) as frame:
            found = machine.value(node, frame)
    except Unproven:
        return None
    return found.name if isinstance(found, Library) else None


def _subscripted(machine: Machine, node: ast.Subscript, symbol: Term) -> Value | None:
    """``Float[Array, "n 3"]``."""
    name = _named(machine, node.value) or ""
    package, _, kind = name.rpartition(".")
    if package != "jaxtyping" or not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:
        return None
    what, shape = node.slice.elts
    if _named(machine, what) not in ARRAYS or not (isinstance(shape, ast.Constant) and isinstance(shape.value, str)):
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
