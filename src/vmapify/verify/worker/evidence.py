"""What one set of inputs taught, and how several of them combine."""

from __future__ import annotations

from dataclasses import dataclass, replace

SEVERITY = ("identical", "equivalent", "precision-changed", "different")


@dataclass(frozen=True, slots=True)
class Change:
    """What changes besides values: ``weak-type-lost`` or ``placement``, and where."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """``verdict`` is one of the five, or ``ignored`` for redrawn inputs that the loop itself cannot take.

    ``refused``: a version ran into the wall. ``telling`` names the outputs for which a wrong rewrite would have been
    rejected on these inputs.
    ``changes`` are those besides values, each code once.
    ``obstacle`` is ``memory`` where that is what the rewrite lacks, for more than ``rows_that_fit`` at a time.
    """

    verdict: str
    reason: str
    example: str | None = None
    error_loop: float | None = None
    error_vmap: float | None = None
    batch: int | None = None
    telling: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    final: bool = False
    refused: bool = False
    obstacle: str | None = None
    rows_that_fit: int | None = None
    changes: tuple[Change, ...] = ()


def inconclusive(reason: str, *, final: bool = False) -> Evidence:
    """No evidence; ``final`` if other inputs cannot change that."""
    return Evidence("inconclusive", reason, final=final)


def worst(first: Evidence, other: Evidence) -> Evidence:
    """Both together: the worse verdict, the larger errors, the power of both."""
    if other.verdict in {"ignored", "inconclusive"}:
        return first
    if first.verdict == "inconclusive":
        return other
    loses = SEVERITY.index(other.verdict) > SEVERITY.index(first.verdict)
    chosen = other if loses else first
    return replace(
        chosen,
        error_loop=_larger(first.error_loop, other.error_loop),
        error_vmap=_larger(first.error_vmap, other.error_vmap),
        batch=first.batch,
        telling=first.telling | other.telling,
        required=first.required | other.required,
        changes=_each_once(*first.changes, *other.changes),
    )


def _each_once(*changes: Change) -> tuple[Change, ...]:
    """The first of each code."""
    return tuple({change.code: change for change in reversed(changes)}.values())[::-1]


def _larger(a: float | None, b: float | None) -> float | None:
    known = [value for value in (a, b) if value is not None]
    return max(known) if known else None
