"""The power check: evidence counts only if the same rule would have rejected a wrong rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .anatomy import take_apart
from .draws import is_key
from .leaves import Leaf, leaves
from .rebuild import Rebuilder
from .tolerance import SEMANTIC, gap

if TYPE_CHECKING:
    from .observe import Outcome
    from .pair import Pair


def telling(pair: Pair, outcome: Outcome) -> set[str]:
    """The outputs with a batch axis for which the rule rejects the loop's own result rolled by one lane."""
    return {
        name
        for name, axis in pair.lanes.items()
        if axis is not None and name in outcome.values and rejects_rolled(name, outcome, axis)
    }


def moved(pair: Pair, first: Outcome, second: Outcome) -> set[str]:
    """The outputs without a batch axis that change when the inputs are redrawn."""
    names = {name for name in first.outputs if pair.lanes.get(name) is None} & set(second.outputs)
    return {name for name in names if _rejects(first.outputs[name], second.outputs[name], None)}


def required(pair: Pair, outcome: Outcome) -> set[str]:
    """The outputs that need evidence: those with lanes or declared reductions; else at least one of them."""
    return {name for name in pair.lanes if name in outcome.outputs}


def rolled(value: Any, axis: int) -> Any:
    """The value with its lanes shifted by one: arrays along ``axis``, lists as a whole."""
    if isinstance(value, list):
        return value[-1:] + value[:-1]
    return Rebuilder(lambda leaf: _rolled_leaf(leaf, axis), closures=False)(value)


def _rolled_leaf(value: Any, axis: int) -> Any:
    shape = getattr(value, "shape", ())
    if take_apart(value) is not None or not -len(shape) <= axis < len(shape):
        return value
    if isinstance(value, np.ndarray) or (isinstance(value, jax.Array) and not is_key(value)):
        return np.roll(np.asarray(value), 1, axis)
    index = [slice(None)] * len(shape)
    index[axis] = np.arange(shape[axis]) - 1  # type: ignore[call-overload]
    return value[tuple(index)]


def rejects_rolled(name: str, outcome: Outcome, axis: int) -> bool:
    """Whether the rule tells an output from the same with its lanes shifted by one."""
    shifted = leaves(name, rolled(outcome.values[name], axis))
    return _rejects(outcome.outputs[name], shifted, axis)


def _rejects(reference: list[Leaf], other: list[Leaf], axis: int | None) -> bool:
    if len(reference) != len(other):
        return True
    return any(not _accepts(a, b, axis) for a, b in zip(reference, other, strict=True))


def _accepts(a: Leaf, b: Leaf, axis: int | None) -> bool:
    if a.kind != b.kind or np.shape(a.data) != np.shape(b.data):
        return False
    if a.kind == "inexact":
        return gap(b.data, a.data, axis).within(SEMANTIC)
    return a.kind != "exact" or bool(np.array_equal(a.data, b.data))
