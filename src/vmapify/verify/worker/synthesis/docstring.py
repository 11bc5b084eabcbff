"""Shapes that a docstring states: ``x : array, shape (n, 3)``, ``xs: (N, D) array``, ``w (Float[d])``."""

from __future__ import annotations

import inspect
import re
from typing import Any

from ..attempt import attempt
from .values import Array, Dim

PARAMETER = re.compile(r"^\s*(?::param\s+)?\*{0,2}`{0,2}(\w+)`{0,2}\s*(?:\([^)]*\))?\s*:(.*)$")
SHAPE = re.compile(r"[(\[]\s*([A-Za-z_]\w*|\d+)?\s*((?:,\s*(?:[A-Za-z_]\w*|\d+)\s*)*),?\s*[)\]]")
INTEGERS = re.compile(r"\bint(eger|\d|\b)", re.IGNORECASE)
HINTS = ("shape", "array", "matrix", "vector", "tensor", "ndarray", "dim")
PROSE = frozenset(("optional", "default", "list", "tuple", "int", "float", "bool", "str", "or", "array"))


def stated(function: Any) -> dict[str, Array]:
    """The arrays whose shapes the docstring of ``function`` gives, by parameter."""
    found: dict[str, Array] = {}
    signature, error = attempt(lambda: inspect.signature(function))
    names = set(signature.parameters) if error is None else set()
    current = ""
    for line in (inspect.getdoc(function) or "").splitlines() if names else ():
        match = PARAMETER.match(line)
        if match and match[1] in names:
            current = match[1]
        elif not line.strip():
            current = ""
        dims = _shape(line[match.end(1) :] if match else line)
        if current and dims is not None and current not in found:
            found[current] = Array(dims, "int32" if INTEGERS.search(line) else "float32")
    return found


def _shape(text: str) -> tuple[Dim, ...] | None:
    if not any(word in text.lower() for word in HINTS):
        return None
    for match in SHAPE.finditer(text):
        parts = [part.strip() for part in match[0].strip("()[] ").split(",") if part.strip()]
        if not any(part.lower() in PROSE for part in parts):
            return tuple(int(part) if part.isdigit() else part for part in parts)
    return None
