"""What must be equal exactly: structure, integers, text, warnings, exceptions, random state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .evidence import Change
from .pair import Pair, matched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .observe import Outcome
    from .value_tree.leaves import Leaf


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first difference found; ``unknown`` if the values could not be compared at all."""

    path: str
    text: str
    unknown: bool = False


def structure(ours: Outcome, theirs: Outcome) -> Mismatch | None:
    """Containers, key order, shapes, dtypes, weak types. ``ours`` is the loop, whose weak types may be lost."""
    missing = sorted(set(ours.outputs) ^ set(theirs.outputs))
    if missing:
        side = "loop" if missing[0] in ours.outputs else "rewrite"
        return Mismatch(missing[0], f"{missing[0]} is set by the {side} only")
    mine, other = ours.all_leaves(), theirs.all_leaves()
    for a, b in zip(mine, other, strict=False):
        stronger = a.label == b.label and not (b.weak and not a.weak)
        if a.path == b.path and not stronger and not a.kind == b.kind == "opaque":
            return Mismatch(a.path, f"{a.path} is {a.told} in the loop, {b.told} in the rewrite")
        if "untouched" in {a.kind, b.kind} and a.kind != b.kind:
            version = "rewrite" if a.kind == "untouched" else "loop"
            return Mismatch(a.path, f"{a.path} of the arguments is replaced by the {version} only")
        if a.path != b.path:
            return Mismatch(a.path, f"{a.path} and {b.path} do not correspond")
    if len(mine) != len(other):
        return Mismatch("", f"{len(mine)} values in the loop, {len(other)} in the rewrite")
    return None


def changes(ours: Outcome, theirs: Outcome) -> tuple[Change, ...]:
    """What changes besides values in outcomes of one structure. ``ours`` is the loop."""
    found: dict[str, Change] = {}
    for a, b in zip(ours.all_leaves(), theirs.all_leaves(), strict=True):
        for change in _changed(a, b):
            found.setdefault(change.code, change)
    return tuple(found.values())


def _changed(a: Leaf, b: Leaf) -> Iterator[Change]:
    if a.weak and not b.weak:
        yield Change("weak-type-lost", f"{a.path} is weakly typed in the loop, and {b.label} in the rewrite")
    mine, other = a.placement, b.placement
    if mine is None or other is None:
        return
    if not mine.same_devices(other):
        yield Change(
            "placement", f"{a.path} is placed by {mine.sharding} in the loop, by {other.sharding} in the rewrite"
        )
    elif mine.committed != other.committed:
        bound, free = ("loop", "rewrite") if mine.committed else ("rewrite", "loop")
        yield Change("placement", f"{a.path} is committed to its device in the {bound}, and not in the {free}")


def opaque(ours: Outcome, theirs: Outcome) -> Mismatch | None:
    """Objects that cannot be compared: neither the same object nor equal by a definition of their own."""
    for a, b in zip(ours.all_leaves(), theirs.all_leaves(), strict=True):
        if a.kind == "opaque" and not _known_equal(a.data, b.data):
            return Mismatch(a.path, f"{a.path} is of type {a.label}, which cannot be compared", unknown=True)
    return None


def integers(pair: Pair, ours: Outcome, theirs: Outcome) -> list[Mismatch]:
    """Leaves that must be equal bit by bit (bools, integers, keys, text) and are not."""
    return [
        Mismatch(a.path, describe_exact(a, b))
        for a, b, _ in matched(pair, ours, theirs)
        if a.kind == "exact" and not same_bits(a, b)
    ]


def same_bits(a: Leaf, b: Leaf) -> bool:
    """Bitwise equality of two leaves, equal NaN payloads not required."""
    if a.kind in {"container", "opaque", "untouched"}:
        return True
    if not isinstance(a.data, np.ndarray) or not isinstance(b.data, np.ndarray):
        return type(a.data) is type(b.data) and bool(a.data == b.data)
    if a.data.shape != b.data.shape or a.data.dtype != b.data.dtype:
        return False
    if a.data.tobytes() == b.data.tobytes():
        return True
    nan = a.kind == "inexact"
    return bool(np.array_equal(a.data, b.data, equal_nan=nan)) and not nan


def identical(pair: Pair, ours: Outcome, theirs: Outcome) -> bool:
    """Whether all leaves are bitwise equal."""
    return all(same_bits(a, b) for a, b, _ in matched(pair, ours, theirs))


def effects(ours: Outcome, theirs: Outcome, allowed: frozenset[str]) -> str | None:
    """A difference in printed text, warnings or random state."""
    if ours.stdout != theirs.stdout and "stdout" not in allowed:
        return f"the loop prints {ours.stdout[:60]!r}, the rewrite {theirs.stdout[:60]!r}"
    if ours.logged != theirs.logged and "logging" not in allowed:
        counts = f"the loop logs {len(ours.logged)} messages, the rewrite {len(theirs.logged)}"
        return counts + _first(ours, theirs)
    if ours.warned != theirs.warned and "warnings" not in allowed:
        return f"the loop gives {_warnings(ours)}, the rewrite {_warnings(theirs)}"
    if Counter(ours.passed) != Counter(theirs.passed):
        return f"the loop {reaching_out(ours)}, the rewrite {reaching_out(theirs)}"
    if ours.random_state != theirs.random_state:
        return "they draw from random or numpy.random a different number of times"
    return None


def named(error: BaseException) -> str:
    """Class and first line of an exception; only the class takes part in comparisons."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first[:160]}" if first else type(error).__name__


def describe_exact(a: Leaf, b: Leaf) -> str:
    """Where two exact leaves differ first, and the values there."""
    if isinstance(a.data, np.ndarray) and isinstance(b.data, np.ndarray) and a.data.shape == b.data.shape:
        places = np.argwhere(np.asarray(a.data != b.data))
        index = tuple(int(i) for i in places[0])
        more = f" ({len(places)} of {a.data.size} differ)" if a.data.size > 1 else ""
        return f"{a.path}{list(index) or ''}: {a.data[index]} in the loop, {b.data[index]} in the rewrite{more}"
    return f"{a.path}: {str(a.data)[:60]} in the loop, {str(b.data)[:60]} in the rewrite"


def _known_equal(a: Any, b: Any) -> bool:
    if a is b:
        return True
    by_identity: Any = object.__eq__
    if type(a) is not type(b) or type(a).__eq__ is by_identity:
        return False
    answer, error = attempt(lambda: a == b)
    return error is None and answer is True


def _first(ours: Outcome, theirs: Outcome) -> str:
    pairs = zip(ours.logged, theirs.logged, strict=False)
    return next((f" ({a[:60]!r} against {b[:60]!r})" for a, b in pairs if a != b), "")


def reaching_out(outcome: Outcome) -> str:
    """Files opened for writing, processes and the like, counted by the names of their audit events."""
    if not outcome.passed:
        return "writes and starts nothing"
    return "does " + ", ".join(f"{event} {count}x" for event, count in sorted(Counter(outcome.passed).items()))


def _warnings(outcome: Outcome) -> str:
    if not outcome.warned:
        return "no warning"
    return f"{len(outcome.warned)} warnings ({outcome.warned[0]})"
