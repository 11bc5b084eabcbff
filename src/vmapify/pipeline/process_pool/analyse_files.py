"""Many files: in this process, and in others besides when there turns out to be much to do."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

from vmapify.pipeline.analysis import Analyser, FileResult
from vmapify.pipeline.serialise import from_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from vmapify.pipeline.process_pool.processes import Crew

    News = Callable[[dict[str, dict[str, str]]], None]
    Tick = Callable[[int, int], None]

ALONE = 0.15
"""Seconds of work before anybody else is called: about what it takes until another process has loaded the analyser."""
WORTH = 0.4
"""Seconds of work that must be left, going by the bytes done so far, for others to be worth their start."""
SHARE = 16
"""Requests into which each process's part of the work is cut; files next to each other stay together."""
LONGEST = 8_000
"""Letters of the paths of one request: a pipe takes two of them without anybody reading."""


def analyse_files(
    paths: Sequence[str],
    root: Path,
    jobs: int | None,
    *,
    blocked: bool = True,
    note: News | None = None,
    tick: Tick | None = None,
) -> dict[str, FileResult]:
    """The result of each file. ``jobs`` None: a process for each core if there is enough to do.

    ``note`` takes what was looked for in directories; without it results do not tell what they rest on. Where pipes cannot
    be waited for together, as on Windows, this process does all. ``tick`` is told how many are done, of how many.
    """
    run = _Run(root, note, blocked=blocked, tick=None if tick is None else lambda done: tick(done, len(paths)))
    most = min(jobs if jobs is not None else _cores(), len(paths)) if sys.executable and os.name == "posix" else 1
    rest = run.alone(paths, may_stop=most > 1, at_once=jobs is not None)
    if rest:
        run.together(rest, most)
    return {path: run.done[path] for path in paths}


class _Run:
    """The analysis of some files, here and elsewhere."""

    def __init__(self, root: Path, note: News | None, *, blocked: bool, tick: Callable[[int], None] | None) -> None:
        self.done: dict[str, FileResult] = {}
        self._greeting = (str(root), blocked, note is not None)
        self._analyser = Analyser(root, blocked=blocked)
        self._note = note
        self._tick = tick

    def alone(self, paths: Sequence[str], *, may_stop: bool, at_once: bool) -> Sequence[str]:
        """Do them one after the other, until others should help with the rest, which is returned."""
        if may_stop and at_once:
            return paths
        start = time.process_time()
        look = start + ALONE if may_stop else float("inf")
        for position, path in enumerate(paths):
            self._here(path)
            if (now := time.process_time()) > look:
                done, left = _bytes(paths[: position + 1]), _bytes(paths[position + 1 :])
                if (now - start) * left > WORTH * done:
                    return paths[position + 1 :]
                look = now + (now - start)
        return ()

    def together(self, paths: Sequence[str], processes: int) -> None:
        """Share them: others take requests from the front, this process from the back."""
        from vmapify.pipeline.process_pool.processes import Crew  # noqa: PLC0415 - a small run never pays for it

        with Crew(processes - 1, self._greeting) as crew:
            crew.waiting += _requests(paths, processes * SHARE)
            self._collect(crew, wait=False)
            while crew.waiting:
                for path in crew.waiting.pop():
                    self._here(path)
                    self._collect(crew, wait=False)
            while crew.busy:
                self._collect(crew, wait=True)

    def _here(self, path: str) -> None:
        result = self._analyser.file(path)
        if self._note is not None:
            self._note(self._analyser.news())
        self._take(path, result)

    def _take(self, path: str, result: FileResult) -> None:
        self.done[path] = result
        if self._tick is not None:
            self._tick(len(self.done))

    def _collect(self, crew: Crew, *, wait: bool) -> None:
        for path, answer in crew.results(wait=wait):
            if answer is None:
                self._take(path, _given_up(path))
                continue
            fields, *news = answer
            self._take(path, from_plain(fields))
            if self._note is not None:
                self._note(*news)


def _given_up(path: str) -> FileResult:
    from vmapify.diagnostic import Problem  # noqa: PLC0415

    return FileResult(path, problems=(Problem(path, None, "the analysing process died; run again with --jobs 1"),))


def _requests(paths: Sequence[str], wanted: int) -> Iterator[list[str]]:
    """The paths in stretches of about the same number of bytes."""
    most = _bytes(paths) / wanted
    request: list[str] = []
    size = letters = 0
    for path in paths:
        request.append(path)
        size, letters = size + _bytes((path,)), letters + len(json.dumps(path))
        if size > most or letters > LONGEST:
            yield request
            request, size, letters = [], 0, 0
    if request:
        yield request


def _bytes(paths: Sequence[str]) -> int:
    """How much there is in files; a byte for each that cannot be read."""
    return sum(_size(path) for path in paths)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size + 1
    except OSError:
        return 1


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
