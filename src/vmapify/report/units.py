"""Measured quantities in the units that suit them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds with two or three digits."""
    if seconds >= 1:
        return f"{_digits(seconds)} s"
    return f"{_digits(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{_digits(seconds * 1e6)} us"


def size(number: int) -> str:
    """Bytes with two or three digits."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{_digits(number / factor)} {unit}"
    return f"{number} B"


def times(ratio: float) -> str:
    """``0.42x``, ``7.1x``, ``98x``."""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
