"""Python's constants as values, and attributes of modules that are plain numbers."""

from __future__ import annotations

import math

from vmapify.domain.integers import constant, truth
from vmapify.domain.term import term
from vmapify.domain.value import ELLIPSIS, NONE, Number, Singleton, Text, Tuple, Value

_NUMBERS = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "euler_gamma": 0.5772156649015329,
    "tau": math.tau,
}

CONSTANTS: dict[str, Value] = {
    f"{module}.{name}": Number("float", term("float", value.hex()))
    for module in ("jax.numpy", "numpy", "math")
    for name, value in _NUMBERS.items()
}
CONSTANTS |= {"jax.numpy.newaxis": NONE, "numpy.newaxis": NONE}


def value_of(found: object) -> Value | None:
    """The value of a constant of Python; None for one that is not modelled."""
    match found:
        case None:
            return NONE
        case bool():
            return Number("bool", truth(found))
        case int():
            return Number("int", constant(found))
        case float():
            return Number("float", term("float", found.hex()))
        case complex():
            return Number("complex", term("complex", found.real.hex(), found.imag.hex()))
        case str():
            return Text(term("text", found))
        case bytes():
            return Text(term("bytes", found))
        case tuple():
            items = tuple(value_of(one) for one in found)
            return None if None in items else Tuple(items)  # type: ignore[arg-type]
    return ELLIPSIS if found is ... else None


def constant_of(value: Value) -> tuple[object] | None:
    """The constant that a value is known to be, wrapped; None if it is not known."""
    match value:
        case Number(_, found) if found.op in {"truth", "integer"}:
            return (found.args[0],)
        case Number("float", found) if found.op == "float":
            return (float.fromhex(str(found.args[0])),)
        case Number("complex", found) if found.op == "complex":
            real, imaginary = found.args
            return (complex(float.fromhex(str(real)), float.fromhex(str(imaginary))),)
        case Text(found) if found.op in {"text", "bytes"}:
            return (found.args[0],)
        case Singleton("None"):
            return (None,)
        case Tuple(items):
            parts = [constant_of(one) for one in items]
            return None if None in parts else (tuple(one[0] for one in parts if one is not None),)
    return None


def constants_of(values: tuple[Value, ...]) -> list[object] | None:
    """The constants that all ``values`` are; None if one is not known."""
    found = [constant_of(one) for one in values]
    return None if None in found else [one[0] for one in found if one is not None]
