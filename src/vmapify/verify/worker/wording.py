"""How a difference is put into words: the place, both values, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .compare import describe_exact
from .tolerance import SEMANTIC, gap, views

if TYPE_CHECKING:
    from .leaves import Leaf
    from .precision import Precision


def errors(found: Precision) -> str:
    return (
        f"error {found.error_vmap:.2g} against the loop's {found.error_loop:.2g} "
        f"({found.ratio:.3g} times, relative to each lane's largest value in float64)"
    )


def relative(a: Leaf, b: Leaf, axis: int | None, bound: float = SEMANTIC) -> str:
    if a.kind != "inexact":
        return ""
    lanes, *slices = (float(np.max(view.relative, initial=0.0)) for view in views(b.data, a.data, axis))
    worst, of = (lanes, "the lane's") if lanes > bound else (max(slices, default=lanes), "its slice's")
    return f", by {worst:.2g} of {of} largest value (allowed: {bound:g})"


def place(a: Leaf, b: Leaf, axis: int | None) -> str:
    """The first index where two leaves differ by as much as anywhere in the batch, and both values."""
    if a.kind != "inexact":
        return describe_exact(a, b)
    ours, theirs = np.asarray(a.data), np.asarray(b.data)
    apart = gap(ours, theirs, axis)
    with np.errstate(all="ignore"):
        size = np.where(ours == theirs, 0.0, np.abs(ours.astype(complex) - theirs.astype(complex)))
    size = np.where(np.isnan(size) & ~(np.isnan(ours) & np.isnan(theirs)), np.inf, np.nan_to_num(size))
    if axis is not None and ours.ndim and apart.relative.size == ours.shape[axis]:
        lane = int(np.argmax(apart.relative > SEMANTIC)) if np.any(apart.relative > SEMANTIC) else 0
        mask = np.zeros(ours.shape[axis], bool)
        mask[lane] = True
        shape = [1] * ours.ndim
        shape[axis] = ours.shape[axis]
        size = np.where(mask.reshape(shape), size, -1.0)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(size)), ours.shape))
    shown = list(index) if index else ""
    return f"{a.path}{shown}: {ours[index]} in the loop, {theirs[index]} in the rewrite"
