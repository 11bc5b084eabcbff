"""Read what the worker reports: JSON lines in a file that several processes append to."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Report = dict[str, Any]


@dataclass(slots=True)
class Log:
    """Everything reported so far. ``begun`` maps a process to the site it is judging and since when."""

    path: Path
    reports: dict[int, list[Report]] = field(default_factory=dict)
    provisional: dict[int, Report] = field(default_factory=dict)
    begun: dict[int, tuple[int, float]] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    problem: str | None = None
    _offset: int = 0

    def read(self) -> None:
        """Take in the complete lines that are new."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.splitlines():
            self._take(json.loads(line))

    def overdue(self, seconds: float) -> set[int]:
        """The sites that have been judged for longer than this."""
        now = time.monotonic()
        return {site for site, since in self.begun.values() if now - since > seconds}

    def judging(self) -> set[int]:
        """The sites whose judgement has begun and not ended."""
        return {site for site, _ in self.begun.values()}

    def _take(self, message: dict[str, Any]) -> None:
        event, site, pid = message["event"], message.get("site", -1), message["pid"]
        if event == "begin":
            self.begun[pid] = (site, time.monotonic())
        elif event == "end":
            self.begun.pop(pid, None)
            self.provisional.pop(site, None)
        elif event == "provisional":
            self.provisional[site] = message["report"]
        elif event == "verdict":
            self.reports.setdefault(site, []).append(message["report"])
        elif event == "missing":
            self.missing.add(site)
        elif event == "done":
            self.done.add(site)
        elif event == "problem":
            self.problem = message["text"]
