"""Why the numbers differ: the mistakes that a difference between two results looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from .tolerance import SEMANTIC, in_lanes, wide

if TYPE_CHECKING:
    from .value_tree.leaves import Leaf

NARROW = (("float16", jnp.float16), ("bfloat16", jnp.bfloat16), ("float32", jnp.float32))


def cause(a: Leaf, b: Leaf, axis: int | None) -> str | None:
    """One clause on what would turn the loop's result ``a`` into ``b``; None if nothing simple would."""
    if not all(isinstance(leaf.data, np.ndarray) and leaf.data.dtype.kind not in "OSU" for leaf in (a, b)):
        return None
    ours, theirs = wide(a.data), wide(b.data)
    for guess in (_missing, _rounded, _reordered, _scaled, _few):
        found = guess(ours, theirs, axis)
        if found is not None:
            return found
    return None


def _near(value: Any, reference: Any) -> bool:
    scale = np.max(np.abs(reference), initial=0.0)
    return bool(np.all(np.abs(value - reference) <= SEMANTIC * scale))


def _missing(ours: Any, theirs: Any, axis: int | None) -> str | None:  # noqa: ARG001
    lost, made = np.isfinite(ours) & ~np.isfinite(theirs), ~np.isfinite(ours) & np.isfinite(theirs)
    if lost.any():
        return "the rewrite has NaN or infinity where the loop has numbers"
    return "the loop has NaN or infinity where the rewrite has numbers" if made.any() else None


def _rounded(ours: Any, theirs: Any, axis: int | None) -> str | None:  # noqa: ARG001
    if ours.dtype.kind == "c":
        return None
    for name, dtype in NARROW:
        with np.errstate(all="ignore"):
            if np.array_equal(ours.astype(dtype).astype(ours.dtype), theirs, equal_nan=True):
                return f"the rewrite rounds to {name}"
    return None


def _reordered(ours: Any, theirs: Any, axis: int | None) -> str | None:
    if axis is None or ours.ndim == 0:
        return None
    rows, others = in_lanes(ours, axis), in_lanes(theirs, axis)
    if len(rows) < 2 or len(rows) > 1000 or _near(others, rows):
        return None
    sources = [next((j for j in range(len(rows)) if _near(row, rows[j])), None) for row in others]
    if None in sources or not np.any(rows):
        return None
    if len(set(sources)) == 1:
        return f"every row of the rewrite is the loop's row {sources[0]}"
    moved = next(i for i, source in enumerate(sources) if source != i)
    kind = "in another order" if len(set(sources)) == len(rows) else "with some of them twice"
    return f"the rewrite's rows are the loop's {kind}: row {moved} is the loop's row {sources[moved]}"


def _scaled(ours: Any, theirs: Any, axis: int | None) -> str | None:  # noqa: ARG001
    with np.errstate(all="ignore"):
        shift, ratio = theirs - ours, theirs / ours
    if (
        ratio.size
        and np.all(np.isfinite(ratio))
        and np.ptp(ratio.real) + np.ptp(ratio.imag) <= SEMANTIC * abs(ratio.flat[0])
    ):
        return _factor(ratio.flat[0])
    if shift.size and np.all(np.isfinite(shift)) and _near(shift, np.full_like(shift, shift.flat[0])):
        return f"the rewrite's numbers are the loop's plus {_number(shift.flat[0])}"
    return None


def _factor(ratio: Any) -> str:
    if _near(ratio, -1.0):
        return "the rewrite has the other sign"
    inverse = 1 / ratio if ratio else 0.0
    whole = abs(inverse - round(inverse.real)) <= SEMANTIC * abs(inverse) and abs(inverse) > 1.5
    return f"the rewrite's numbers are the loop's {f'divided by {round(inverse.real)}' if whole else f'times {_number(ratio)}'}"


def _number(value: Any) -> str:
    return f"{value:.8g}" if value.imag else f"{value.real:.8g}"


def _few(ours: Any, theirs: Any, axis: int | None) -> str | None:
    if axis is None or ours.ndim == 0:
        return None
    rows, others = in_lanes(ours, axis), in_lanes(theirs, axis)
    wrong = [i for i in range(len(rows)) if not _near(others[i], rows[i])]
    if not wrong or 2 * len(wrong) >= len(rows):
        return None
    which = ", ".join(map(str, wrong[:3])) + (", …" if len(wrong) > 3 else "")
    return f"only {'row' if len(wrong) == 1 else 'rows'} {which} of {len(rows)} differ{'s' if len(wrong) == 1 else ''}"
