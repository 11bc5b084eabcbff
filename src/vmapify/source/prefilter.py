"""A byte scan that says "not here" before anything is parsed. It errs towards "maybe"."""

from __future__ import annotations

import re

_LOOP = re.compile(rb"\b(?:for|while|map|starmap)\b")
_QUOTED = re.compile(rb"(?:for|while|map)\b")  # in JSON, the n of `\n` may stand before the word
_OURS = re.compile(rb"#\s*vmapify\s*:")
_NOQA = re.compile(rb"#\s*noqa\b\s*:[^#\r\n]*VM\d", re.IGNORECASE)


def may_hold_candidate(data: bytes, *, quoted: bool = False) -> bool:
    """Whether ``data`` can hold a loop over JAX values: it names JAX, and something in it repeats.

    ``quoted``: the code stands in JSON strings.
    """
    return b"jax" in data and (_QUOTED if quoted else _LOOP).search(data) is not None


def may_hold_suppression(data: bytes) -> bool:
    """Whether ``data`` can hold a suppression comment of ours."""
    if b"vmapify" in data and _OURS.search(data):
        return True
    return b"VM" in data and _NOQA.search(data) is not None
