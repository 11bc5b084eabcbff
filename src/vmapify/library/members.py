"""Attributes and methods of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Bound, Number, Reference, Value
from vmapify.library.operands import operand
from vmapify.library.shapes import dtype_value, shape_value

if TYPE_CHECKING:
    from vmapify.heap.objects import HostArray
    from vmapify.library.protocol import Interpreter

METHODS = {
    *[
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "clip",
        "conj",
        "conjugate",
        "copy",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "flatten",
        "item",
        "max",
        "mean",
        "min",
    ],
    *[
        "prod",
        "ravel",
        "repeat",
        "reshape",
        "round",
        "sort",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "trace",
        "transpose",
        "var",
    ],
}
"""Methods of arrays that are functions of ``jax.numpy`` of the same name, the array being the first argument."""


def of_array(array: Array, name: str) -> Value | None:
    """An attribute of a JAX array; None for those that tell a tracer from an array, and for those that do not exist."""
    match name:
        case "shape":
            return shape_value(array)
        case "dtype":
            return dtype_value(array)
        case "ndim":
            known = integers.constant(len(array.shape)) if array.shape is not None else term("rank", array.term)
            return Number("int", known)
        case "size":
            return Number("int", _size(array))
        case "T":
            shape = array.shape[::-1] if array.shape is not None else None
            return Array(term("jax.numpy.transpose", ("a", operand(array))), array.dtype, shape)
        case "at":
            return Bound(array, None, "at")
        case "real" | "imag":
            return Array(term(name, (array.term, array.dtype)), None, array.shape)
    return Bound(array, None, name) if name in METHODS else None


def _size(array: Array) -> Term:
    if array.shape is None:
        return term("size", array.term)
    found = integers.constant(1)
    for one in array.shape:
        found = integers.multiply(found, one)
    return found


def of_host_array(machine: Interpreter, owner: Reference, found: HostArray, name: str) -> Value | None:
    """An attribute of a NumPy array."""
    machine.heap.read(owner.place)
    like = Array(found.term, None, found.shape)
    match name:
        case "shape":
            return shape_value(like)
        case "ndim" | "size":
            return of_array(like, name)
        case "copy" | "astype":
            return Bound(owner, None, name)
    return None
