"""The power check: evidence counts only if the same rule would have rejected a wrong rewrite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import jax
import numpy as np

from .compare import effects
from .mistake import Mistake, possible
from .observe import Outcome, observe
from .sampling import is_key
from .tolerance import SEMANTIC, UNITS, epsilon, gap
from .value_tree.kinds import take_apart
from .value_tree.leaves import Leaf, leaves
from .value_tree.rebuild import Rebuilder

if TYPE_CHECKING:
    from .pair import Pair

MOST_CALLS = 4
"""Batched calls of a rewrite whose lanes are exchanged, one after the other."""
NO_OUTPUT = "the result"
"""What stands for the outputs of a region that has none, and is judged by what it raises, prints and changes."""
Mistaken = Literal["noticed", "unnoticed", "alike", "unknown"]


@dataclass(frozen=True, slots=True)
class Power:
    """What exchanging lanes of the rewrite's batched calls shows: the outputs in which it is noticed, and whether it is.

    ``alike``: there is nothing to notice, since all lanes are equal. ``unknown``: no lanes could be exchanged.
    """

    telling: frozenset[str]
    mistaken: Mistaken


def made_wrong(pair: Pair, inputs: dict[str, Any], rewrite: Outcome) -> Power:
    """Run the rewrite with wrong lanes on purpose; ``rewrite`` is what it gave as it stands."""
    if not possible():
        return Power(frozenset(), "unknown")
    right, plain = _run(pair, inputs, Mistake())
    calls = range(min(right.calls, MOST_CALLS))
    if not calls or _fails(plain) or _changed(rewrite, plain):
        return Power(frozenset(), "unknown")
    found = [_noticed(pair, inputs, plain, place) for place in calls]
    telling = frozenset[str]().union(*(names for names, _ in found))
    if any(whole for _, whole in found) and len(calls) == right.calls and all(names or whole for names, whole in found):
        telling |= required(pair, plain) or plain.outputs.keys() or {NO_OUTPUT}
    if telling:
        return Power(telling, "noticed")
    return Power(telling, "alike" if right.alike else "unnoticed")


def _run(pair: Pair, inputs: dict[str, Any], mistake: Mistake) -> tuple[Mistake, Outcome]:
    with mistake.made():
        return mistake, observe(pair.after, inputs)


def _noticed(pair: Pair, inputs: dict[str, Any], plain: Outcome, place: int) -> tuple[frozenset[str], bool]:
    """The outputs that wrong lanes of one call change, and whether the run as a whole ends, prints or does another thing."""
    changed: frozenset[str] = frozenset()
    for back in (False, True):
        _, wrong = _run(pair, inputs, Mistake(place, back=back))
        if wrong.refused:
            continue
        if wrong.error is not None:
            return changed, True
        changed |= _changed(plain, wrong)
        if effects(plain, wrong, pair.allowed) or _beyond_rounding(plain.arguments, wrong.arguments):
            return changed, True
        if changed:
            break
    return changed, False


def _fails(outcome: Outcome) -> bool:
    return outcome.error is not None or outcome.refused is not None


def _changed(ours: Outcome, theirs: Outcome) -> frozenset[str]:
    """The outputs whose values the judge would not accept for each other, at whatever precision it looks."""
    names = ours.outputs.keys() & theirs.outputs.keys()
    return frozenset(name for name in names if _beyond_rounding(ours.outputs[name], theirs.outputs[name]))


def _beyond_rounding(ours: list[Leaf], theirs: list[Leaf]) -> bool:
    if len(ours) != len(theirs):
        return True
    return any(not _near(a, b) for a, b in zip(ours, theirs, strict=True))


def _near(a: Leaf, b: Leaf) -> bool:
    return _accepts(a, b, None, UNITS * epsilon(a.data) if a.kind == "inexact" else 0.0)


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


def _accepts(a: Leaf, b: Leaf, axis: int | None, allowed: float = SEMANTIC) -> bool:
    if a.kind != b.kind or np.shape(a.data) != np.shape(b.data):
        return False
    if a.kind == "inexact":
        return gap(b.data, a.data, axis).within(max(allowed, SEMANTIC))
    return a.kind != "exact" or bool(np.array_equal(a.data, b.data))
