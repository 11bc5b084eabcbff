"""The line to the parent: JSON lines appended to one file, one write each, so that processes do not mix."""

from __future__ import annotations

import json
import os
from typing import Any


class Channel:
    """Append-only reports. The descriptor is opened once, before any wall goes up, and survives forks."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def send(self, event: str, **fields: Any) -> None:
        """Write ``{"event": …, "pid": …, …}`` as one line."""
        line = json.dumps({"event": event, "pid": os.getpid(), **fields})
        os.write(self._descriptor, line.encode("utf-8") + b"\n")
