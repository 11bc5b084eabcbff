"""Dtypes of NumPy arrays, and what JAX makes of what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.dtypes import DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, DTypeOf, Library, Text

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.heap.objects import HostArray

PYTHON = {"float": "float64", "int": "int64", "bool": "bool", "complex": "complex128"}
_SIZES = ("8", "16", "32", "64")
DTYPES = {
    *("bool", "float16", "float32", "float64", "complex64", "complex128", "bfloat16"),
    *(f"{sign}int{size}" for sign in ("", "u") for size in _SIZES),
}
"""The dtypes that are modelled; ``object`` is none of them."""
FLOATS = {"bfloat16": 8, "float16": 11, "float32": 24, "float64": 53}


def dtype_named(value: Value) -> str | None:
    """The NumPy dtype that an argument names: ``float``, ``np.float32``, ``"int32"``; None if it is not known."""
    match value:
        case Library(name):
            package, _, word = name.rpartition(".")
            if package == "builtins":
                return PYTHON.get(word)
            word = word.rstrip("_") if package in {"numpy", "jax.numpy"} else ""
        case Text(text) if text.op == "text":
            word = str(text.args[0])
            word = PYTHON.get(word, word)
        case DTypeOf(_, name) if name is not None:
            word = name
        case _:
            return None
    return word if word in DTYPES else None


def keeps_values(own: str, wanted: str) -> bool:
    """Whether every number of the type ``own`` is one of ``wanted``, too."""
    if own in {wanted, "bool"}:
        return True
    if own.startswith("complex") or wanted == "bool":
        return own == "complex64" and wanted == "complex128"
    if wanted.startswith("complex"):
        return keeps_values(own, "float32" if wanted == "complex64" else "float64")
    if own in FLOATS:
        return wanted in FLOATS and FLOATS[own] <= FLOATS[wanted] and (own, wanted) != ("bfloat16", "float16")
    width = int(own.lstrip("uint"))
    unsigned = own.startswith("u")
    if wanted in FLOATS:
        return width - (not unsigned) <= FLOATS[wanted] and wanted not in {"float16", "bfloat16"}
    if wanted.startswith("u"):
        return unsigned and width <= int(wanted.lstrip("uint"))
    return width < int(wanted.lstrip("int")) + (not unsigned)


def to_device(found: HostArray, name: str) -> Array:
    """What JAX makes of a NumPy array; ``name`` is the dtype that it gets there."""
    return Array(_on_device(found.term, name), DType(name), found.shape)


def _on_device(whole: Term, name: str) -> Term:
    match whole.op, whole.args:
        case "host", (Term() as inner, own, dtype) if own == name and keeps_values(name, str(dtype)):
            return inner
        case "stack", (level, count, axis, Term() as row):
            return term("stack", level, count, axis, _on_device(row, name))
        case "host-arange", (start, step) if name in {"int32", "int64"}:
            return term("arange", start, step, name)
        case "host-number", ("int", number) if name in {"int32", "int64"}:
            return term("asarray", number, name)
    return term("device", whole, name)
