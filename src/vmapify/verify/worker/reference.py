"""The float64 rerun of both versions: the semantic gate, and the truth that errors are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .compare import same_bits
from .compiled import compiled
from .observe import Outcome, observe
from .pair import Pair, floats_of, matched
from .sampling import nudge, upcast
from .settings import with_x64
from .stages import STAGES
from .tolerance import CHAOS, SEMANTIC, Gap, gap, only_signs, views
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from .observe import Call
    from .value_tree.leaves import Leaf


@dataclass(frozen=True, slots=True)
class Reference:
    """Both versions on the same numbers in double precision, in outcomes of one structure.

    ``new`` says that these are not the working precision's own numbers.
    """

    loop: Outcome
    rewrite: Outcome
    inputs: dict[str, Any]
    new: bool


def rerun(pair: Pair, inputs: dict[str, Any], working: Outcome) -> Reference | None:
    """Run both with x64 enabled on upcast inputs; None where that raises or changes the structure."""
    with with_x64(True):
        wide = convert(inputs, upcast)
        # what runs in double precision anyway is compiled already, step by step
        new = any(wide[name] is not inputs[name] for name in inputs)
        loop = _run(pair.before, wide, working, new=new)
        rewrite = _run(pair.after, wide, loop, new=new) if loop is not None else None
    return Reference(loop, rewrite, wide, new) if loop is not None and rewrite is not None else None


def _run(call: Call, inputs: dict[str, Any], like: Outcome, *, new: bool) -> Outcome | None:
    """One version on double-precision inputs, as one program if it has to be compiled for them anyway."""
    for version in (compiled(call), call) if new else (call,):
        outcome = observe(version, inputs)
        if outcome.error is None and _aligned(like, outcome):
            return outcome
    return None


def worst_leaf(pair: Pair, ours: Outcome, theirs: Outcome, bound: float) -> tuple[Leaf, Leaf, int | None] | None:
    """The first leaf that a gate rejects: floats beyond ``bound`` of a lane or slice, others if not equal."""
    for a, b, axis in matched(pair, ours, theirs):
        if a.kind == "inexact" and not _passes(a, b, axis, bound):
            return a, b, axis
        if a.kind == "exact" and not same_bits(a, b):
            return a, b, axis
    return None


def _passes(a: Leaf, b: Leaf, axis: int | None, bound: float) -> bool:
    return all(view.within(bound) for view in views(b.data, a.data, axis))


def close(pair: Pair, ours: Outcome, theirs: Outcome, bound: float) -> bool:
    """Whether all exact leaves are equal, and all lanes of floats, as wholes, within ``bound``."""
    return all(
        gap(b.data, a.data, axis).within(bound) if a.kind == "inexact" else same_bits(a, b)
        for a, b, axis in matched(pair, ours, theirs)
    )


SHAKES = 3


def chaotic(
    pair: Pair, reference: Reference, random: np.random.Generator, bound: float = SEMANTIC, times: int = CHAOS
) -> bool:
    """Whether one rounding of the inputs moves the float64 loop about as far as the two versions differ.

    Only differences beyond ``bound`` ask for this explanation; they may be ``times`` as large. Which way the inputs are
    rounded is drawn anew a few times: a lane may happen to stand still.
    """
    return any(_moves_as_far(pair, reference, random, bound, times) for _ in range(SHAKES))


def _moves_as_far(pair: Pair, reference: Reference, random: np.random.Generator, bound: float, times: int) -> bool:
    moved = shaken(pair, reference, random)
    if moved is None:
        return True
    if any(a.kind == "exact" and not same_bits(a, b) for a, b, _ in matched(pair, reference.loop, moved)):
        return True
    apart = floats_of(pair, reference.loop, reference.rewrite)
    steps = floats_of(pair, reference.loop, moved)
    verdicts = [
        _explained(far, own, bound, times)
        for (loop, rewrite, axis), (_, other, _) in zip(apart, steps, strict=True)
        for far, own in zip(views(rewrite.data, loop.data, axis), views(other.data, loop.data, axis), strict=True)
    ]
    return all(verdict is not False for verdict in verdicts) and any(verdicts)


def shaken(pair: Pair, reference: Reference, random: np.random.Generator) -> Outcome | None:
    """The float64 loop on inputs moved by one rounding; None if it raises or changes its structure."""
    with STAGES.stage("conditioning"), with_x64(True):
        return _run(pair.before, convert(reference.inputs, nudge(random)), reference.loop, new=reference.new)


def _explained(apart: Gap, moved: Gap, bound: float, times: int) -> bool | None:
    """Whether the loop's own movement explains every lane that the gate rejects; None if it rejects none.

    A lane that happens to stand still counts by how far half of the batch moves.
    """
    beyond = apart.difference > bound * apart.scale
    if not np.any(beyond):
        return None
    own = moved.difference > apart.difference / times
    typical = np.median(moved.difference) > apart.difference / times
    return bool(np.all(~beyond | own | typical))


def sign_ambiguous(pair: Pair, reference: Reference) -> bool:
    """Whether every leaf that the gate rejects differs by the sign of whole vectors only."""
    rejected = [
        (a, b, axis)
        for a, b, axis in floats_of(pair, reference.loop, reference.rewrite)
        if not _passes(a, b, axis, SEMANTIC)
    ]
    return bool(rejected) and all(only_signs(b.data, a.data, axis) for a, b, axis in rejected)


def _aligned(ours: Outcome, theirs: Outcome) -> bool:
    """Whether both have the same places with the same shapes and kinds; dtypes may differ under x64."""
    mine, other = ours.all_leaves(), theirs.all_leaves()
    if set(ours.outputs) != set(theirs.outputs) or len(mine) != len(other):
        return False
    return all(
        a.path == b.path and a.kind == b.kind and np.shape(a.data) == np.shape(b.data)
        for a, b in zip(mine, other, strict=True)
    )
