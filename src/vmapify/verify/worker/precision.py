"""The working precision: is the rewrite about as accurate as the loop, on this device?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .observe import Outcome, observe
from .pair import Pair, floats_of
from .reference import shaken
from .settings import x64_enabled
from .survey import host_arrays
from .tolerance import (
    EPS64,
    FALLBACK_UNITS,
    HOPELESS,
    HOPELESS_HALF,
    UNITS,
    as_accurate,
    epsilon,
    gap,
    is_half,
    views,
)

if TYPE_CHECKING:
    from .reference import Reference
    from .value_tree.leaves import Leaf


ANOTHER = 1e-3
"""Errors of two versions that agree to 64 eps which are no errors: at least a hundred times their distance. Where 64-bit
types change random numbers, the float64 rerun is another experiment."""


@dataclass(frozen=True, slots=True)
class Precision:
    """``status``: close (64 eps), as-accurate (explained by the loop's own error), hopeless, or lost."""

    status: str
    error_loop: float | None = None
    error_vmap: float | None = None
    worst: tuple[Leaf, Leaf, int | None] | None = None

    @property
    def ratio(self) -> float:
        """The rewrite's error over the loop's."""
        return (self.error_vmap or 0.0) / max(self.error_loop or 0.0, 1e-300)


LOST = 1e-3
"""Part of a result that may be lost where the loop has it exactly from 64-bit numbers on the host."""
ORDER = ("close", "as-accurate", "hopeless", "lost")


def measure(pair: Pair, loop: Outcome, rewrite: Outcome, reference: Reference) -> Precision:
    """Judge all float leaves; the worst decides, the errors are the largest over all of them.

    There are none where versions that agree are that far away from the rerun that it says nothing about them.
    """
    truths = floats_of(pair, loop, reference.loop)
    worst, errors = Precision("close"), [(0.0, 0.0)]
    for (a, b, axis), (_, truth, _) in zip(floats_of(pair, loop, rewrite), truths, strict=True):
        status, error_loop, error_vmap = _leaf_status(a, b, truth, axis)
        errors.append((error_loop, error_vmap))
        if ORDER.index(status) > ORDER.index(worst.status):
            worst = Precision(status, worst=(a, b, axis))
    error_loop = max(error for error, _ in errors)
    error_vmap = max(error for _, error in errors)
    if error_loop > {"close": ANOTHER, "as-accurate": HOPELESS_HALF}.get(worst.status, np.inf):
        return worst
    return Precision(worst.status, error_loop, error_vmap, worst.worst)


def measure_without_reference(pair: Pair, loop: Outcome, rewrite: Outcome) -> Precision:
    """The fallback where no float64 rerun exists: 512 eps; nothing in half precision or small within a lane."""
    for a, b, axis in floats_of(pair, loop, rewrite):
        if is_half(a.data):
            return Precision("hopeless", worst=(a, b, axis))
        bound = FALLBACK_UNITS * _unit(a, b)
        if not gap(b.data, a.data, axis).within(bound):
            return Precision("lost", worst=(a, b, axis))
        if not all(view.within(bound) for view in views(b.data, a.data, axis)):
            return Precision("hopeless", worst=(a, b, axis))
    return Precision("close")


def lost_digits(
    pair: Pair, inputs: dict[str, Any], loop: Outcome, rewrite: Outcome
) -> tuple[Leaf, Leaf, int | None] | None:
    """The first result of which the rewrite loses digits that the loop has from NumPy's 64-bit numbers; None if none does.

    A row of a NumPy array is a NumPy array, with which the loop computes in 64 bits before JAX gets it; in ``vmap`` it is JAX's.
    What cancels there is exact to the last digits of 64 bits, however small it is beside other entries of its lane: each
    place is held against itself over the batch. Entries below the rounding of 64 bits mean nothing.
    """
    if x64_enabled() or not any(map(_is_wide, host_arrays(inputs))):
        return None
    for a, b, axis in floats_of(pair, loop, rewrite):
        ours, theirs = np.asarray(a.data, np.complex128), np.asarray(b.data, np.complex128)
        lanes = axis is not None and -ours.ndim <= axis < ours.ndim
        scale = np.abs(ours).max(axis, keepdims=True, initial=0.0) if lanes and axis is not None else np.abs(ours)
        largest = np.max(np.abs(ours[np.isfinite(ours)]), initial=0.0)
        telling = np.isfinite(ours) & (scale > UNITS * EPS64 * largest)
        with np.errstate(all="ignore"):
            lost = telling & ~(np.abs(theirs - ours) <= LOST * scale)
        if np.any(lost):
            return a, b, axis
    return None


def _is_wide(array: Any) -> bool:
    return array.dtype.kind in "fciu" and array.dtype.itemsize >= (16 if array.dtype.kind == "c" else 8)


def cured_by_highest(pair: Pair, inputs: dict[str, Any], reference: Reference) -> bool:
    """Whether the difference goes away when float32 products are computed in full float32."""
    with jax.default_matmul_precision("highest"):
        loop, rewrite = observe(pair.before, inputs), observe(pair.after, inputs)
    if loop.error is not None or rewrite.error is not None:
        return False
    return measure(pair, loop, rewrite, reference).status in {"close", "as-accurate"}


def conditioned(pair: Pair, loop: Outcome, rewrite: Outcome, reference: Reference, random: np.random.Generator) -> bool:
    """Whether rounding the inputs of a float64 loop explains the difference; nothing is wider than float64.

    The bound is that of the float32 rule, with the loop's own movement in place of its error.
    """
    moved = shaken(pair, reference, random)
    if moved is None:
        return False
    rows = zip(floats_of(pair, loop, rewrite), floats_of(pair, reference.loop, moved), strict=True)
    for (a, b, axis), (truth, other, _) in rows:
        apart = gap(b.data, a.data, axis)
        if apart.within(UNITS * _unit(a, b)):
            continue
        if _unit(a, b) != EPS64 or not as_accurate(apart, gap(other.data, truth.data, axis), _unit(a, b)):
            return False
    return True


def _leaf_status(a: Leaf, b: Leaf, truth: Leaf, axis: int | None) -> tuple[str, float, float]:
    apart = gap(b.data, a.data, axis)
    error_loop, error_vmap = gap(a.data, truth.data, axis), gap(b.data, truth.data, axis)
    largest = _largest(error_loop.relative), _largest(error_vmap.relative)
    if np.all(apart.difference == 0) or (apart.within(UNITS * _unit(a, b)) and not is_half(a.data)):
        return "close", *largest
    if largest[0] > (HOPELESS_HALF if is_half(a.data) else HOPELESS):
        near = apart.within(FALLBACK_UNITS * _unit(a, b)) and not is_half(a.data)
        return "as-accurate" if near else "hopeless", *largest
    return "as-accurate" if as_accurate(error_vmap, error_loop, _unit(a, b)) else "lost", *largest


def _unit(a: Leaf, b: Leaf) -> float:
    """The coarser of the two rounding units: a host float may come from float32 in one version only."""
    return max(epsilon(a.data), epsilon(b.data)) if np.asarray(a.data).dtype.itemsize <= 4 else epsilon(a.data)


def _largest(relative: Any) -> float:
    return float(np.max(relative, initial=0.0))
