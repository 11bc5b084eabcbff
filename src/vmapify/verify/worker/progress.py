"""What has happened at one site in this process, and how closely the next arrival is to be looked at."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .fingerprint import Fingerprint

Depth = Literal["full", "values", "glance", "none"]
"""All gates; those that the values themselves have to pass; one run of each version; nothing."""

FULL = 8
"""Kinds of arrivals that are judged in full, each by its first arrivals until one of them is conclusive."""
ATTEMPTS = 3
"""Arrivals of one kind that are judged in full at most."""
VALUES = 2
"""Arrivals of kinds known to agree, with other shapes or numbers, on which the values are judged as closely."""
LOOKING_SECONDS = 5.0
"""For telling the arrivals at a site apart."""
GLANCING_SECONDS = 5.0
"""For single runs of both versions at one site; a loop that is reached a thousand times is compared as often as fits."""


class Identities:
    """Numbers for classes, functions and other objects that are the same only if they are one; they are kept alive for it."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Any]] = {}
        self._passing: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self._count = 0

    def of_passing(self, value: Any) -> int:
        """The number of an object that is not kept alive: another one may come to its place in memory, with another number."""
        number, known = self._passing.get(id(value), (0, None))
        if known is None or known() is not value:
            self._count = number = self._count + 1
            self._passing[id(value)] = number, weakref.ref(value)
        return number

    def of(self, value: Any) -> int:
        """The number of an object."""
        return self._known.setdefault(id(value), (len(self._known), value))[0]


class _Kind:
    """Arrivals of one kind: how many were judged, and the verdict with its reason on one where both versions agreed."""

    def __init__(self, number: int) -> None:
        self.number, self.judged = number, 0
        self.passed: tuple[str, str] | None = None


class Progress:
    """The arrivals at one site so far. ``unseen`` counts those that came when there was no time left to look at them."""

    def __init__(self) -> None:
        self.visits = self.unseen = self.judged = 0
        self.identities = Identities()
        self._kinds: dict[str, _Kind] = {}
        self._seen: set[tuple[str, str]] = set()
        self._values = 0
        self.looking, self.glancing = Clock(LOOKING_SECONDS), Clock(GLANCING_SECONDS)

    def depth(self, found: Fingerprint) -> Depth:
        """How closely to look at an arrival; not at all if it teaches nothing new, or there is no time left.

        Of one with an incomplete fingerprint nobody knows whether it does.
        """
        if found.complete and (found.kind, found.numbers) in self._seen:
            return "none"
        self._seen.add((found.kind, found.numbers))
        kind = self._kinds.setdefault(found.kind, _Kind(len(self._kinds)))
        if kind.passed is None and kind.judged < ATTEMPTS and kind.number < FULL:
            return "full"
        if kind.passed is not None and self._values < VALUES:
            self._values += 1
            return "values"
        if self.glancing.left:
            return "glance"
        self.unseen += 1
        return "none"

    def number(self, found: Fingerprint) -> int:
        """The number of an arrival's kind, in the order in which they came."""
        return self._kinds[found.kind].number

    def passed(self, found: Fingerprint) -> tuple[str, str] | None:
        """Verdict and reason of another arrival of this kind on which both versions agreed."""
        return self._kinds[found.kind].passed

    def note(self, found: Fingerprint, verdict: str, reason: str, *, agreed: bool) -> None:
        """A judgement of an arrival of this kind."""
        kind = self._kinds[found.kind]
        kind.judged += 1
        self.judged += 1
        if agreed:
            kind.passed = verdict, reason


class Clock:
    """Seconds that may be spent on something, all in all."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = 0.0

    @property
    def left(self) -> bool:
        """Whether there are any."""
        return self._seconds > 0

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds -= time.perf_counter() - self._since
