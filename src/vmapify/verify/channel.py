"""Read what the worker reports: JSON lines in a file that several processes append to."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Report = dict[str, Any]


class Log:
    """Everything reported so far, by site; per process the site that it is judging and since when."""

    def __init__(self, path: Path) -> None:
        self.reports: dict[int, list[Report]] = {}
        self.provisional: dict[int, Report] = {}
        self.missing: set[int] = set()
        self.done: set[int] = set()
        self.unreached: dict[int, str] = {}
        self.problem: str | None = None
        self._begun: dict[int, tuple[int, float]] = {}
        self._path, self._offset = path, 0

    def read(self) -> None:
        """Take in the complete lines that are new."""
        if not self._path.exists():
            return
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.splitlines():
            message = _parsed(line)
            if message is not None:
                self._take(message)

    def overdue(self, seconds: float) -> set[int]:
        """The sites that have been judged for longer than this."""
        now = time.monotonic()
        return {site for site, since in self._begun.values() if now - since > seconds}

    def judging(self) -> set[int]:
        """The sites whose judgement has begun and not ended."""
        return {site for site, _ in self._begun.values()}

    def shown(self, site: int) -> list[Report]:
        """The reports on a site, the provisional one of an unfinished judgement included."""
        unfinished = self.provisional.get(site)
        return [*self.reports.get(site, ()), *([unfinished] if unfinished else ())]

    def _take(self, message: dict[str, Any]) -> None:
        event, site, pid = message["event"], message.get("site", -1), message["pid"]
        if event == "begin":
            self._begun[pid] = (site, time.monotonic())
        elif event == "end":
            self._begun.pop(pid, None)
            self.provisional.pop(site, None)
        elif event == "provisional":
            self.provisional[site] = message["report"]
        elif event == "verdict":
            self.reports.setdefault(site, []).append(message["report"])
        elif event == "missing":
            self.missing.add(site)
        elif event == "unreached":
            self.unreached[site] = message["text"]
        elif event == "done":
            self.done.add(site)
        elif event == "problem":
            self.problem = message["text"]


def _parsed(line: bytes) -> dict[str, Any] | None:
    """One message; None for a line that a dying process left unfinished."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
