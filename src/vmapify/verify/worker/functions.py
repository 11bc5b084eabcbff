"""Two versions of a function as a pair: its arguments are the inputs, its value the output ``return``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from .pair import Pair
from .survey import array_shapes
from .value_tree.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = "return"


def function_pair(before: Callable[..., Any], after: Callable[..., Any]) -> Pair:
    """Judge ``before(*args, **kwargs)`` against ``after``; inputs are named ``args`` and ``kwargs``.

    Nothing says which axis of a whole function's result runs over its loop, so the first result of ``before``
    fills in a guess; comparing along a wrong axis is only stricter.
    """
    lanes: dict[str, int | None] = {}

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        outputs = _call(before, inputs)
        lanes.update(guessed_lanes(outputs[RESULT], inputs))
        return outputs

    return Pair(call, functools.partial(_call, after), lanes, code=(before, after))


def guessed_lanes(result: Any, inputs: dict[str, Any]) -> dict[str, int | None]:
    """Axis 0 counts as the batch axis if every array in the result has the extent of an input's axis."""
    found = leaves(RESULT, result)
    shapes = [np.shape(leaf.data) for leaf in found if isinstance(leaf.data, np.ndarray)]
    extents = {extent for shape in array_shapes(inputs) for extent in shape}
    extents |= {len(value) for value in inputs["args"] if isinstance(value, (list, tuple, dict))}
    extents |= {value for value in inputs["args"] if isinstance(value, int)}
    batched = bool(shapes) and all(shape and shape[0] in extents for shape in shapes)
    listed = isinstance(result, list) and len(result) > 1
    return {RESULT: 0} if batched or listed else {}


def _call(function: Callable[..., Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return {RESULT: function(*inputs["args"], **inputs["kwargs"])}
