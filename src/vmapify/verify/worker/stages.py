"""Where the time of a judgement goes, for those who ask by an environment variable."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .channel import Channel

FILE_VARIABLE = "VMAPIFY_VERIFY_STAGES"
"""Environment variable that names a file to which the parent adds the stages of every judgement."""
VERSIONS = "the two versions"
"""One run of each, with what it compiles: the time that judging cannot do without."""


class Stages:
    """Seconds by stage, of the clock and of the processor; the time of an inner stage is not part of the outer one's."""

    def __init__(self) -> None:
        self._seconds: dict[str, tuple[float, float]] = {}
        self._open: list[str] = []
        self._since = (0.0, 0.0)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens meanwhile to ``name``."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def tell(self, channel: Channel, site: int | None) -> None:
        """Report what was counted since the last time, if somebody wants it."""
        self._turn()
        if os.environ.get(FILE_VARIABLE):
            channel.send("stages", **({} if site is None else {"site": site}), seconds=self._seconds)
        self._seconds = {}

    def _turn(self) -> None:
        now = time.perf_counter(), time.process_time()
        if self._open:
            clock, processor = self._seconds.get(self._open[-1], (0.0, 0.0))
            self._seconds[self._open[-1]] = clock + now[0] - self._since[0], processor + now[1] - self._since[1]
        self._since = now


class OwnTime:
    """The time that a program itself has taken since ``begin``: not counted is what happens while it is paused."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self._since: float | None = time.perf_counter()
        self._before = 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far; an upper bound of what the program has spent on compiling, for one."""
        return self._before + (0.0 if self._since is None else time.perf_counter() - self._since)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        self._before, self._since = self.seconds, None
        try:
            yield
        finally:
            self._since = time.perf_counter()


STAGES = Stages()
OWN_TIME = OwnTime()
