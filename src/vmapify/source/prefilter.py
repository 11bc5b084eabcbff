"""A byte scan that says "not here" before anything is parsed. It errs towards "maybe"."""

from __future__ import annotations

import re

_LOOP = re.compile(rb"\b(?:for|while|map|starmap)\b")


def may_hold_candidate(data: bytes) -> bool:
    """Whether ``data`` can hold a loop over JAX values: it names JAX, and something in it repeats."""
    return b"jax" in data and _LOOP.search(data) is not None


def may_hold_suppression(data: bytes) -> bool:
    """Whether ``data`` can hold a suppression comment of ours."""
    return b"vmapify" in data or (b"VM" in data and b"noqa" in data.lower())
