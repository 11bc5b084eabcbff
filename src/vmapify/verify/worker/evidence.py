"""What one set of inputs taught, and how several of them combine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SEVERITY = ("identical", "equivalent", "precision-changed", "different")
Stage = Literal["redraws", "wrong-rewrites", "row-counts", "gradients", "proof", "timing"]
Cause = Literal["time", "slow", "rows", "failed"]
STAGES: tuple[Stage, ...] = ("redraws", "row-counts", "gradients", "proof", "timing")
"""Those that every judgement goes through."""


class Skipped:
    """The stages of one judgement that were left out, each with the first cause, as a code and as a sentence."""

    def __init__(self) -> None:
        self._found: dict[Stage, tuple[Cause, str]] = {}

    def add(self, stage: Stage, cause: Cause, why: str) -> None:
        """Note that a stage was left out."""
        self._found.setdefault(stage, (cause, why))

    @staticmethod
    def all_at(why: str) -> list[dict[str, str]]:
        """All stages, for a report that counts only if nothing more comes in time."""
        skipped = Skipped()
        for stage in STAGES:
            skipped.add(stage, "time", why)
        return skipped.plain()

    def for_time(self) -> list[Stage]:
        """What shows that wrong rewrites would be noticed and was left out because time ran out."""
        shows: tuple[Stage, ...] = ("redraws", "wrong-rewrites", "proof")
        return [stage for stage in shows if stage in self._found and self._found[stage][0] == "time"]

    def plain(self) -> list[dict[str, str]]:
        """As it crosses to the parent."""
        return [{"stage": stage, "cause": cause, "why": why} for stage, (cause, why) in self._found.items()]


@dataclass(frozen=True, slots=True)
class Change:
    """What changes besides values: ``weak-type-lost`` or ``placement``, and where."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """``verdict`` is one of the five, or ``ignored`` for redrawn inputs that the loop itself cannot take.

    ``refused``: a version ran into the wall. ``agrees``: inconclusive, though nothing differs: both versions raise the same, or
    too few rows differ to tell a wrong rewrite. ``telling`` names the outputs for which a wrong rewrite would have been
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
    agrees: bool = False
    obstacle: str | None = None
    rows_that_fit: int | None = None
    changes: tuple[Change, ...] = ()


def inconclusive(reason: str, *, final: bool = False, agrees: bool = False) -> Evidence:
    """No evidence; ``final`` if other inputs cannot change that, ``agrees`` if nothing differs."""
    return Evidence("inconclusive", reason, final=final, agrees=agrees)


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
