"""Two versions of a function as a pair: its arguments are the inputs, its value the output ``return``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .draws import array_shapes
from .leaves import leaves
from .observe import observe
from .pair import Pair

RESULT = "return"


def function_pair(before: Callable[..., Any], after: Callable[..., Any], lanes: dict[str, int | None]) -> Pair:
    """Judge ``before(*args, **kwargs)`` against ``after``; inputs are named ``args`` and ``kwargs``."""
    return Pair(functools.partial(_call, before), functools.partial(_call, after), lanes)


def arguments(entry: Any) -> dict[str, Any]:
    """One element of what ``inputs()`` yields: ``(args…)``, or ``(args, kwargs)`` with a tuple and a dict."""
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], tuple) and isinstance(entry[1], dict):
        return {"args": entry[0], "kwargs": entry[1]}
    return {"args": entry if isinstance(entry, tuple) else (entry,), "kwargs": {}}


def guessed_lanes(before: Callable[..., Any], inputs: dict[str, Any]) -> dict[str, int | None]:
    """Axis 0 of the result counts as the batch axis if every array in it has the extent of an input's axis.

    Nothing says which axis of a whole function's result runs over the loop; comparing along a wrong one is
    only stricter.
    """
    outcome = observe(functools.partial(_call, before), inputs)
    found = [leaf for name, value in outcome.values.items() for leaf in leaves(name, value)]
    shapes = [np.shape(leaf.data) for leaf in found if isinstance(leaf.data, np.ndarray)]
    extents = {extent for shape in array_shapes(inputs) for extent in shape}
    extents |= {len(value) for value in inputs["args"] if isinstance(value, (list, tuple, dict))}
    batched = bool(shapes) and all(shape and shape[0] in extents for shape in shapes)
    listed = isinstance(outcome.values.get(RESULT), list) and len(outcome.values[RESULT]) > 1
    return {RESULT: 0} if batched or listed else {}


def _call(function: Callable[..., Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return {RESULT: function(*inputs["args"], **inputs["kwargs"])}
