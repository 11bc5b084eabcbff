"""Compare what two processes gave: here nothing of the user's was ever loaded, and only plain data comes in."""

from __future__ import annotations

import base64
import functools
import math
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from . import compare
from .attempt import attempt
from .channel import Channel
from .pair import Pair, floats_of
from .tolerance import FALLBACK_UNITS, WIDEST, epsilon, gap

if TYPE_CHECKING:
    from .plan import Plan

ADDRESS = re.compile(r"0x[0-9a-f]{4,}")


def compare_cases(plan: Plan) -> None:
    """For every case what differs, an empty text if nothing does; ``ours`` is the old version."""
    channel = Channel(plan)
    for case in plan.call["cases"]:
        ways = {"exact": plan.call["exact"], "fresh": case["fresh"]}
        compared = functools.partial(difference, case["ours"], case["theirs"], **ways)
        text, error = attempt(compared)
        wrong = text if error is None else f"its results make no sense ({type(error).__name__})"
        channel.send("outcome", site=0, case=case["name"], outcome={"text": wrong or "", "compared": error is None})


def difference(ours: dict[str, Any], theirs: dict[str, Any], *, exact: bool, fresh: bool = False) -> str | None:
    """What differs beyond rounding: with ``exact`` that of a few operations, else as much as narrow types explain.

    ``fresh`` inputs need not be such as the versions are meant for: they count only where the old one has numbers, and
    signs, which factorizations choose at will, do not.
    """
    if theirs["refused"]:
        return f"it was stopped: {theirs['refused']}"
    if ours["error"] != theirs["error"]:
        return f"the old version raises {ours['error'] or 'nothing'}, the new one {theirs['error'] or 'nothing'}"
    loop, rewrite = _outcome(ours), _outcome(theirs)
    if loop.stdout != rewrite.stdout:
        return f"the old version prints {loop.stdout[:60]!r}, the new one {rewrite.stdout[:60]!r}"
    mismatch = compare.structure(loop, rewrite)
    if mismatch is not None:
        return mismatch.text
    pair = Pair(_nothing, _nothing, ours["lanes"])
    if fresh and any(np.isnan(a.data).any() for a, _, _ in floats_of(pair, loop, rewrite)):
        return None
    for broken in compare.integers(pair, loop, rewrite):
        return broken.text
    for a, b, axis in floats_of(pair, loop, rewrite):
        bound = min(FALLBACK_UNITS * epsilon(a.data), WIDEST) if exact else WIDEST
        values = (np.abs(b.data), np.abs(a.data)) if fresh else (b.data, a.data)
        if not gap(*values, axis).within(bound):
            return f"{a.path} differs"
    return None


def _nothing(_: dict[str, Any]) -> dict[str, Any]:
    return {}


def _outcome(plain: dict[str, Any]) -> Any:
    outputs = {name: [_leaf(*leaf) for leaf in part] for name, part in plain["outputs"].items()}
    arguments = [_leaf(*leaf) for leaf in plain["arguments"]]
    every = [leaf for part in outputs.values() for leaf in part] + arguments
    stdout = ADDRESS.sub("0x…", plain["stdout"])
    return SimpleNamespace(outputs=outputs, arguments=arguments, stdout=stdout, all_leaves=lambda: every)


def _leaf(path: str, label: str, kind: str, weak: bool, data: Any) -> Any:
    """A stand-in for a leaf of the judge, which needs JAX; placements are not compared here."""
    told = f"{label} weakly typed" if weak else label
    array = _array(*data) if isinstance(data, list) else data
    return SimpleNamespace(path=path, label=label, told=told, kind=kind, weak=weak, data=array)


def _array(dtype: str, shape: list[int], data: str) -> Any:
    kind: Any = np.dtype(getattr(ml_dtypes, dtype, dtype))
    raw = base64.b64decode(data, validate=True)
    if kind.hasobject or len(raw) != math.prod(shape) * kind.itemsize:
        raise ValueError(dtype)
    return np.frombuffer(raw, kind).reshape(shape)
