"""How far two results may be apart: the rules, lane by lane, and the constants with their origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

SEMANTIC = 1e-5
"""Largest difference of the float64 reruns, relative to the lane's largest magnitude. Measured over 22
operations in up to 3 dtypes on two JAX versions: all 395 wrong rewrites differ by 3.4e-4 or more, right
ones that are not chaotic by 3.4e-7 or less; 1e-5 also covers callees that cast to
float32 inside (64 eps = 7.6e-6)."""
FINE = 1e-8
"""The same for versions that compute in double precision throughout when their inputs are: differences above it
must be no more than a few times what one rounding of the inputs does to the loop. Right rewrites reached 8.5e-9
by cancellation, and more only where the loop itself moves as far."""
NARROW_UNITS = 16
"""Differences of float64 reruns that rounding to a narrower type inside explains, in units of that type; right
rewrites in half precision reached 1.7 without amplification."""
WIDEST = NARROW_UNITS * 2**-7
"""What rounding to bfloat16 inside explains: nothing beyond it needs a look at the types."""
UNITS = 64
"""Differences at the working precision that need no explanation, in eps of the lane's largest magnitude:
right float32 rewrites that are neither chaotic nor cancelling reached 15, wrong ones started at 2800."""
RATIO = 16
"""How many times the loop's own error the rewrite's may be; right rewrites reached 6.3 at 16 examples."""
FALLBACK_UNITS = 512
"""The bound in eps where no float64 rerun is possible; in half precision right and wrong overlap."""
HOPELESS = 0.05
"""An error of the loop itself, relative to its float64 rerun, beyond which that is no reference for it."""
HOPELESS_HALF = 0.25
finfo: Any = ml_dtypes.finfo
EPS32, EPS64 = float(finfo(np.float32).eps), float(finfo(np.float64).eps)
CHAOS = 8
"""The float64 loop is chaotic if one rounding of its inputs moves it by 1/8 of the difference observed."""
MANY_STEPS = 64
"""The same for differences that only the finer gate sees: the roundings of many steps add up to more than one of the
inputs. With 8, two of 16 right rewrites of the Lorenz system over 1,000 steps were called different (JAX 0.12), with 64 none."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Per lane: the largest difference between two arrays and the largest magnitude of the reference."""

    difference: Any
    scale: Any

    @property
    def relative(self) -> Any:
        """Differences over scales; 0 where both are 0, infinite where only the scale is."""
        with np.errstate(all="ignore"):
            ratio = self.difference / self.scale
        return np.where(self.difference == 0, 0.0, ratio)

    def within(self, bound: float) -> bool:
        """Whether every lane differs by at most ``bound`` times its scale."""
        return bool(np.all(self.difference <= bound * self.scale))


def wide(data: Any) -> Any:
    """An array as float64 or complex128; integers and bools too."""
    array = np.asarray(data)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def in_lanes(data: Any, axis: int | None) -> Any:
    """``[..., n, ...]`` as ``[n, rest]``; a single lane where there is no batch axis."""
    array = wide(data)
    if axis is None or not -array.ndim <= axis < array.ndim:
        return array.reshape(1, -1)
    count = array.shape[axis]
    return np.moveaxis(array, axis, 0).reshape(count, array.size // max(count, 1))


def gap(value: Any, reference: Any, axis: int | None) -> Gap:
    """Compare two arrays of one shape.

    Equal infinities and NaNs in the same places differ by 0, in different places by infinity. The scale of a
    lane that is all zero is that of the whole batch.
    """
    ours, theirs = in_lanes(value, axis), in_lanes(reference, axis)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(all="ignore"):
        apart = np.where(same, 0.0, np.abs(ours - theirs))
        size = np.where(np.isfinite(theirs), np.abs(theirs), 0.0)
    difference = np.where(np.isnan(apart), np.inf, apart).max(axis=1, initial=0.0)
    scale = size.max(axis=1, initial=0.0)
    return Gap(difference, np.where(scale == 0, scale.max(initial=0.0), scale))


def views(value: Any, reference: Any, axis: int | None) -> list[Gap]:
    """The gap along the batch axis, then along every other one.

    Small rows of a result without a batch axis, and small components of every lane, count as much as large ones.
    """
    rank = np.ndim(reference)
    batch = axis % rank if axis is not None and -rank <= axis < rank else None
    others = [other for other in range(rank) if other != batch]
    return [gap(value, reference, batch), *(gap(value, reference, other) for other in others)]


def epsilon(data: Any) -> float:
    """Rounding unit of a leaf. A host float64 whose values are all float32 numbers came from float32."""
    array = np.asarray(data)
    if array.dtype.kind in "fc" and array.dtype.itemsize == (16 if array.dtype.kind == "c" else 8):
        narrow = array.astype(np.complex64 if array.dtype.kind == "c" else np.float32)
        with np.errstate(all="ignore"):
            came_from_float32 = np.array_equal(narrow.astype(array.dtype), array, equal_nan=True)
        return EPS32 if came_from_float32 else EPS64
    return float(finfo(array.dtype).eps)


def is_half(data: Any) -> bool:
    """Whether a leaf has 16 bits or fewer a number."""
    return bool(np.asarray(data).dtype.itemsize <= 2)


def as_accurate(vmapped: Gap, loop: Gap, eps: float) -> bool:
    """Whether the rewrite is about as close to the float64 loop as the loop is, in every lane.

    The loop's error is the larger of the lane's own and the batch's 95th percentile: one lucky lane proves
    nothing.
    """
    typical = np.quantile(loop.relative, 0.95)
    allowed = RATIO * np.maximum(loop.relative, typical) * vmapped.scale + UNITS * eps * vmapped.scale
    return bool(np.all(vmapped.difference <= allowed))


def only_signs(value: Any, reference: Any, axis: int | None) -> bool:
    """Whether whole vectors differ by their sign only, as those of svd, eigh and qr may."""
    ours, theirs = wide(value), wide(reference)
    lane_rank = ours.ndim - (axis is not None)
    if lane_rank < 1 or not all(view.within(SEMANTIC) for view in views(np.abs(ours), np.abs(theirs), axis)):
        return False
    with np.errstate(all="ignore"):
        flipped = np.abs(ours + theirs) < np.abs(ours - theirs)
    along = [flipped.ndim - 1] + ([flipped.ndim - 2] if lane_rank >= 2 else [])
    negligible = np.abs(theirs) <= SEMANTIC * np.max(np.abs(theirs), initial=0.0)
    return any(_constant(flipped, negligible, dimension) for dimension in along)


def _constant(flipped: Any, negligible: Any, dimension: int) -> bool:
    all_flipped = np.all(flipped | negligible, axis=dimension)
    none_flipped = np.all(~flipped | negligible, axis=dimension)
    return bool(np.all(all_flipped | none_flipped))
