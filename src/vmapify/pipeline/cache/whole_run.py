"""A run over a tree in which nothing has changed says what the last one said.

That is told by looking at every file, and at whatever else the findings rest on, once: nothing is read.
"""

from __future__ import annotations

import json
import os
from array import array
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from vmapify.source.listing import answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vmapify.pipeline.cache.freshness import Stamp
    from vmapify.pipeline.cache.store import Kept

FEW = 64
"""A run over fewer files is quick anyway, and must not take the place of one over the whole tree."""
_TROUBLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says, the exit code that goes with it, and how many files and errors it is about."""

    text: str
    code: int
    about: int


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a run over some files rests on: the stamps of the files, in their order, and those of other files and
    directories. ``places`` are directories in which others come and go: only the names that were looked for matter.
    """

    stamps: Sequence[Stamp]
    rests: Mapping[str, Stamp]
    places: Mapping[str, Mapping[str, str]]


class Repeat:
    """The last run with these ``options``: what it said, and what that rests on."""

    __slots__ = ("_kept", "_options", "_stamps")

    def __init__(self, kept: Kept, options: Sequence[str]) -> None:
        self._kept = kept
        self._options = list(options)
        self._stamps: array[int] | None = None

    def told(self, files: Sequence[str]) -> Told | None:
        """What was said of these very files, unless something is not as it was."""
        try:
            return self._told(files)
        except _TROUBLE:  # it is not what it should be
            return None

    def _told(self, files: Sequence[str]) -> Told | None:
        head, _, rest = self._kept.read().partition(b"\n")
        if not head:
            return None
        options, code, places, lengths = json.loads(head)
        names, others, stamps, text = _cut(rest, lengths)
        if options != self._options or names != _joined(files):
            return None
        self._stamps = _stamps(files)
        rests = _stamps(os.fsdecode(others).split("\0") if others else ())
        if self._stamps is None or rests is None or self._stamps.tobytes() + rests.tobytes() != stamps:
            return None
        if not all(answers(place, names) for place, names in places.items()):
            return None
        return Told(text.decode("utf-8", "surrogatepass"), code, len(files))

    def stamps(self, files: Sequence[str]) -> dict[str, Stamp]:
        """The stamps of the present files, as far as they were looked at."""
        if self._stamps is None:
            return {}
        numbers = iter(self._stamps)
        return {path: [*stamp] for path, stamp in zip(files, zip(numbers, numbers, numbers, strict=True), strict=True)}

    def keep(self, told: Told, files: Sequence[str], basis: Basis) -> None:
        """Keep what was said of ``files`` for as long as all that it rests on stays as it is."""
        parts = (
            _joined(files),
            _joined(basis.rests),
            array("q", chain(*basis.stamps, *basis.rests.values())).tobytes(),
            told.text.encode("utf-8", "surrogatepass"),
        )
        head = json.dumps([self._options, told.code, basis.places, [*map(len, parts)]])
        self._kept.write(b"\n".join((head.encode(), b"".join(parts))))


def _cut(content: bytes, lengths: Iterable[int]) -> list[bytes]:
    """The parts of these lengths, one behind the other."""
    ends = list(accumulate(lengths, initial=0))
    return [content[start:end] for start, end in pairwise(ends)]


def _joined(paths: Iterable[str]) -> bytes:
    return os.fsencode("\0".join(paths))


def _stamps(paths: Iterable[str]) -> array[int] | None:
    """Size and times of each, as ``freshness.stamp`` has them; None where one cannot be looked at."""
    try:
        found = map(os.stat, paths)
        return array("q", [n for one in found for n in (one.st_size, one.st_mtime_ns, one.st_ctime_ns)])
    except OSError:
        return None
