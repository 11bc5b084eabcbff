"""Attributes of modules that are plain numbers."""

from __future__ import annotations

import math

from vmapify.domain.term import term
from vmapify.domain.value import NONE, Number, Value

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
