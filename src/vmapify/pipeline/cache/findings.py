"""Findings kept from one run to the next, in one file that is read at once and written at the end.

A file's findings hold as long as its contents do, and those of all files that were followed from it, and as long as no
module that was looked for has appeared or gone. Damaged, older and foreign caches are passed over in silence: a cache
can only save time.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from vmapify.pipeline.cache.freshness import UNSURE, Witnesses, contents, stamp
from vmapify.pipeline.cache.store import Kept
from vmapify.pipeline.cache.whole_run import Basis
from vmapify.pipeline.serialise import from_plain, to_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vmapify.pipeline.analysis import FileResult
    from vmapify.pipeline.cache.freshness import Stamp

_NOTHING: list[Any] = [None]
_UNKNOWN: list[Any] = [UNSURE]
_TROUBLE = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class Cache:
    """What earlier runs from the same directory over the same project found.

    An entry is the stamp of a file without findings that was not analysed, or the stamp, the digest, the number of
    what the findings rest on, and the findings, comments and problems.
    """

    def __init__(
        self, folder: str, root: str, *, blocked: bool, began: int = 0, stamps: Mapping[str, Stamp] | None = None
    ) -> None:
        """``stamps`` are those of files that were looked at since the run ``began`` (nanoseconds; 0: it does now)."""
        self._began = began or time.time_ns()
        self._kept = Kept(folder, root, blocked=blocked, suffix="json")
        self._entries: dict[str, list[Any]] = {}
        self._rests: list[tuple[str, ...]] = []
        self._judged: dict[int, bool] = {}
        self._stamps: dict[str, Stamp] = dict(stamps or {})
        self._asked: dict[str, dict[str, str]] = {}
        self._witnesses = Witnesses({}, {}, self._began)
        self._load()

    def _load(self) -> None:
        try:
            entries, rests, places, files = json.loads(self._kept.read() or b"0")
            self._witnesses = Witnesses(places, files, self._began)
            names = [*places, *files]
            self._rests = [tuple([names[number] for number in rest]) for rest in rests]
            self._entries = entries
        except _TROUBLE:
            return

    def sift(self, paths: Sequence[str], *, afresh: bool = False) -> tuple[dict[str, FileResult], list[str]]:
        """What is known of files that have anything to say, and the files that have to be looked at.

        ``afresh``: a file with a rewrite has to be.
        """
        try:
            return self._sifted(paths, afresh=afresh)
        except _TROUBLE:  # an entry is not what it should be
            self._entries, self._rests, self._witnesses = {}, [], Witnesses({}, {}, self._began)
            return {}, list(paths)

    def _sifted(self, paths: Sequence[str], *, afresh: bool) -> tuple[dict[str, FileResult], list[str]]:
        known: dict[str, FileResult] = {}
        unknown: list[str] = []
        entries, stamps = self._entries, self._stamps
        for path in paths:
            entry = entries.get(path, _NOTHING)
            present = stamps.get(path) or stamp(path)
            stamps[path] = present
            same = present == entry[0] or self._only_moved(path, entry, present)
            if not (same and (len(entry) < 3 or self._still(entry[2]))):
                unknown.append(path)
            elif len(entry) > 3:
                result = from_plain([path, entry[1], [], [], *entry[3:]])
                if afresh and any(finding.verdict == "rewrite" for finding in result.findings):
                    unknown.append(path)
                else:
                    known[path] = result
        return known, unknown

    def _only_moved(self, path: str, entry: list[Any], present: Stamp) -> bool:
        """Whether nothing but the stamp is another one; that is the entry's from now on."""
        if len(entry) == 1 or contents(path) != entry[1]:
            return False
        entry[0] = self._witnesses.sure(present)
        self._witnesses.moved = True
        return True

    def _still(self, rest: int) -> bool:
        """Whether what findings rest on is as it was."""
        if rest not in self._judged:
            self._judged[rest] = all(map(self._witnesses.holds, self._rests[rest]))
        return self._judged[rest]

    def note(self, asked: dict[str, dict[str, str]]) -> None:
        """Take what was looked for in directories, and what was there."""
        for directory, names in asked.items():
            self._asked.setdefault(directory, {}).update(names)

    def save(self, results: Iterable[FileResult]) -> None:
        """Keep new results and what still holds of the old ones. A cache that cannot be written is none."""
        results = list(results)
        for directory, names in self._asked.items():
            self._witnesses.add_place(directory, names)
        fresh = {result.path: entry for result in results if (entry := self._entry(result)) is not None}
        seen = {result.path for result in results}
        kept = {p: entry for p, entry in self._entries.items() if p not in seen and self._stays(p, entry)}
        gone = len(kept) < len(self._entries)
        self._entries = kept | fresh
        if results or self._witnesses.moved or gone:
            self._write(dict(self._entries))

    def basis(self, files: Sequence[str], top: str) -> Basis | None:
        """What is known of ``files`` rests on this; None where any of it is unsure. They are below ``top``."""
        entries = [self._entries.get(path, _UNKNOWN) for path in files]
        rests = sorted({rest for entry in entries if len(entry) > 2 for rest in self._rests[entry[2]]})
        inside = os.path.join(top, "")
        busy = {path for path in rests if path in self._witnesses.places and not path.startswith(inside)}
        stamps, quiet = [entry[0] for entry in entries], [path for path in rests if path not in busy]
        basis = Basis(
            stamps,
            {path: self._witnesses.stamp(path) for path in quiet},
            {path: self._witnesses.places[path][1] for path in busy},
        )
        return None if UNSURE in stamps or UNSURE in basis.rests.values() else basis

    def _stays(self, path: str, entry: list[Any]) -> bool:
        """Whether an entry of an earlier run is still of use."""
        if len(entry) > 2 and not self._witnesses.lost.isdisjoint(self._rests[entry[2]]):
            return False
        return path in self._stamps or os.path.exists(path)

    def _entry(self, result: FileResult) -> list[Any] | None:
        present = self._witnesses.sure(self._stamps.get(result.path, UNSURE))
        failed = bool(result.problems) and not result.digest
        if failed or present == UNSURE or not all(map(self._witnesses.add_file, result.files)):
            return None
        if not all(place in self._witnesses.places for place in result.places):
            return None  # nobody told what was looked for there
        if not result.digest:
            return [present]
        self._rests.append((*result.places, *result.files))
        return [present, result.digest, len(self._rests) - 1, *to_plain(result)[4:]]

    def _write(self, entries: dict[str, list[Any]]) -> None:
        rests: dict[tuple[str, ...], int] = {}
        for path, entry in entries.items():
            if len(entry) > 2:
                rest = rests.setdefault(self._rests[entry[2]], len(rests))
                entries[path] = [*entry[:2], rest, *entry[3:]]
        used = {path for rest in rests for path in rest}
        places = {path: known for path, known in self._witnesses.places.items() if path in used}
        files = {path: known for path, known in self._witnesses.files.items() if path in used}
        order = {path: number for number, path in enumerate([*places, *files])}
        numbers = [[order[path] for path in rest] for rest in rests]
        self._kept.write(json.dumps([entries, numbers, places, files], separators=(",", ":")).encode())
