"""Asked several times a second while a child runs: is there a reason to stop it?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions

GRACE = 2.0
"""Seconds that a program of our own gets to end by itself once it is over."""


class Watchdog:
    """Reads the log and watches the clock. ``stop``: the program runs only for the ``wanted`` sites.

    Such a program gets some more time once each of them was judged: it may reach them again with something else.
    """

    def __init__(self, log: Log, options: VerifyOptions, wanted: set[int], *, stop: bool) -> None:
        self._log, self._options, self._wanted, self._stop = log, options, wanted, stop
        self._start = time.monotonic()
        self._finished: float | None = None
        self._judged: float | None = None

    def __call__(self) -> str | None:
        """The reason to kill the child, None to let it run."""
        self._log.read()
        now = time.monotonic()
        if self._log.overdue(self._options.timeout):
            return f"timed out after {self._options.timeout:g} s; a larger --timeout may help"
        if now - (self._log.turned or self._start) > self._options.patience:
            return f"stopped after {self._options.patience:g} s"
        if self._log.over:
            self._finished = self._finished or now
            return "finished" if now - self._finished > GRACE else None
        if self._stop and self._log.done >= self._wanted:
            self._judged = self._judged or now
            if now - self._judged > self._options.timeout:
                return f"stopped after {self._options.timeout:g} s more, once every loop was judged"
        return None
