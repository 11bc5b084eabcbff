"""Fresh numbers for host arrays, like the old ones in what programs rely on."""

from __future__ import annotations

from typing import Any

import numpy as np

Generator = np.random.Generator


def floats(old: Any, random: Generator) -> Any:
    """Normal numbers at the leaf's own scale; values of one sign keep their range, sorted rows stay sorted.

    Symmetric matrices stay symmetric and positive definite, so that factorizations of them still exist.
    """
    finite = old[np.isfinite(old)]
    if _symmetric(old):
        half = random.normal(size=old.shape)
        return _scale(old) * (half @ half.swapaxes(-1, -2) / old.shape[-1] + np.eye(old.shape[-1]))
    if old.dtype.kind == "c" or not np.any(finite) or finite.min() < 0 < finite.max():
        return normal(old, random)
    low, high = float(finite.min()), float(finite.max())
    low, high = (low, high) if low < high else sorted((0.5 * low, 1.5 * low))
    fresh = random.uniform(low, high, size=old.shape)
    ordered = old.ndim == 1 and old.size > 2 and bool(np.all(np.diff(old) > 0))
    return np.sort(fresh) if ordered else fresh


def _symmetric(old: Any) -> bool:
    square = old.ndim >= 2 and old.shape[-1] == old.shape[-2] > 1 and old.dtype.kind != "c"
    return bool(square and np.array_equal(old, old.swapaxes(-1, -2)))


def _scale(old: Any) -> float:
    """Root mean square of the finite numbers; 1 where there are none."""
    finite = np.abs(old[np.isfinite(old)])
    return (float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0) or 1.0


def normal(old: Any, random: Generator) -> Any:
    if old.dtype.kind == "c":
        return _scale(old) * (random.normal(size=old.shape) + 1j * random.normal(size=old.shape)) / np.sqrt(2)
    return _scale(old) * random.normal(size=old.shape)


def integers(old: Any, random: Generator) -> Any:
    """Values that occur in the leaf, drawn again; where all are equal, small ones; words for keys."""
    if old.size == 0:
        return old
    if old.dtype == np.bool_:
        return random.integers(0, 2, old.shape).astype(bool)
    if old.dtype == np.uint32 and old.shape[-1:] == (2,):
        return random.integers(0, 2**32, old.shape, np.uint32)
    if np.unique(old).size == 1:
        return random.integers(0, abs(int(old.flat[0])) + 2, old.shape)
    return random.choice(old.reshape(-1), size=old.shape)
