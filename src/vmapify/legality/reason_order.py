"""The order in which reasons are told: what decides first, what cannot be known last; not the same thing twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vmapify.legality.questions import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.diagnostic import Reason

RANKS = {
    code: rank
    for rank, codes in enumerate(
        [
            ("reference-oracle", "benchmark-baseline", "memory-bound", "kernel-body"),
            ("loop-carried-dependency", "early-exit", "random-stream-changes"),
            ("heterogeneous-callees", "ragged-shapes", "non-jax-callee", "side-effect"),
            ("python-branch-on-value", "value-conversion", "static-index", "not-arrays"),
        ]
    )
    for code in codes
}
LAST = {"opaque-callee": len(RANKS) + 1}
ALIKE = 3  # reasons of one code that are kept


def in_order(reasons: Iterable[Reason], path: str) -> tuple[Reason, ...]:
    """``reasons`` of a loop in the file ``path``: each place once for a code, the decisive ones first, few of a kind."""
    by_place = {(one.code, one.path, one.line): one for one in sorted(reasons, key=lambda one: not _vague(one))}
    found = sorted(by_place.values(), key=lambda one: (one.code in LAST, one.path != path, _rank(one), _vague(one)))
    seen: Counter[str] = Counter()
    kept = []
    for one in found:
        seen[one.code] += 1
        if seen[one.code] <= ALIKE:
            kept.append(one)
    return tuple(kept)


def _rank(reason: Reason) -> int:
    return RANKS.get(reason.code, len(RANKS))


def _vague(reason: Reason) -> bool:
    return is_unknown(reason.code, reason.subcode)
