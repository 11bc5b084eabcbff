"""How a difference is put into words: the place, both values, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .compare import describe_exact
from .tolerance import SEMANTIC, gap, views, wide

if TYPE_CHECKING:
    from .precision import Precision
    from .value_tree.leaves import Leaf


def errors(found: Precision) -> str:
    if found.error_loop is None or found.error_vmap is None:
        return "and both are too far from float64 for that to be a measure"
    times = f"{found.ratio:.3g} times, " if found.error_loop else ""
    return (
        f"error {found.error_vmap:.2g} against the loop's {found.error_loop:.2g} "
        f"({times}relative to each lane's largest value in float64)"
    )


def relative(a: Leaf, b: Leaf, axis: int | None, bound: float = SEMANTIC) -> str:
    if a.kind != "inexact":
        return ""
    lanes, *slices = (float(np.max(view.relative, initial=0.0)) for view in views(b.data, a.data, axis))
    worst, of = (lanes, "the lane's") if lanes > bound else (max(slices, default=lanes), "its slice's")
    return f", by {worst:.2g} of {of} largest value (allowed: {bound:g})"


def place(a: Leaf, b: Leaf, axis: int | None, truth: Leaf | None = None) -> str:
    """The first index where two leaves differ beyond rounding, both values, and how far each is from float64's."""
    if a.kind != "inexact":
        return describe_exact(a, b)
    ours, theirs = np.asarray(a.data), np.asarray(b.data)
    index = _first(ours, theirs, axis)
    shown = list(index) if index else ""
    if truth is None or np.shape(truth.data) != ours.shape:
        return f"{a.path}{shown}: {ours[index]} in the loop, {theirs[index]} in the rewrite"
    exact = wide(truth.data)[index]
    off = [f"{abs(wide(side)[index] - exact):.2g}" for side in (ours, theirs)]
    return (
        f"{a.path}{shown}: {ours[index]} in the loop (off by {off[0]}), {theirs[index]} in the rewrite "
        f"(off by {off[1]}), {exact} in float64"
    )


def _first(ours: Any, theirs: Any, axis: int | None) -> tuple[int, ...]:
    """The first index that is beyond the gate within its lane or slice, else where the difference is largest."""
    with np.errstate(all="ignore"):
        size = np.abs(wide(ours) - wide(theirs))
    size = np.where((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)), 0.0, np.where(np.isnan(size), np.inf, size))
    beyond = np.zeros(ours.shape, bool)
    for along in range(ours.ndim):
        scale = gap(theirs, ours, along).scale
        beyond |= size > SEMANTIC * scale.reshape([-1 if dimension == along else 1 for dimension in range(ours.ndim)])
    if axis is not None and beyond.any():
        whole = gap(theirs, ours, axis)
        lanes = whole.difference > SEMANTIC * whole.scale
        if lanes.any() and lanes.size == ours.shape[axis]:
            lane = np.arange(lanes.size) == np.argmax(lanes)
            beyond &= lane.reshape([-1 if dimension == axis % ours.ndim else 1 for dimension in range(ours.ndim)])
    flat = int(np.argmax(beyond)) if beyond.any() else int(np.argmax(size))
    return tuple(int(i) for i in np.unravel_index(flat, ours.shape))
