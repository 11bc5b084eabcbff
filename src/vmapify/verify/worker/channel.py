"""The line to the parent: JSON lines appended to one file, one write each, so that processes do not mix.

Every line is numbered and signed with the run's key, so that the parent can tell what the judge said from what the
judged code wrote to a descriptor it found, and notices if something is missing. The functions used are taken when
the interpreter starts: what the judged code puts in the place of ``json.dumps`` or ``os.write`` changes nothing.
"""

from __future__ import annotations

import hmac
import os
from json import JSONEncoder
from os import O_APPEND, O_CREAT, O_WRONLY, getpid, stat, write
from typing import TYPE_CHECKING, Any

from .wall import OURS

if TYPE_CHECKING:
    from .plan import Plan

encoded = JSONEncoder().encode
signed = hmac.digest
_SENT: dict[int, int] = {}
"""How many lines each process has sent; a fork begins anew."""


class Channel:
    """Append-only reports. The descriptor is opened once, before any wall goes up, and survives forks."""

    def __init__(self, plan: Plan) -> None:
        self._path, self._key = plan.channel, plan.key.encode()
        self._open()

    def send(self, event: str, **fields: Any) -> None:
        """Write ``{"event": …, "pid": …, …}`` as one line."""
        pid = getpid()
        number = _SENT[pid] = _SENT.get(pid, 0) + 1
        text = encoded({"event": event, "pid": pid, "number": number, **fields}).encode("utf-8")
        if not self._is_ours():
            self._open()
        line = signed(self._key, text, "sha256").hex().encode() + b" " + text + b"\n"
        while line:
            line = line[write(self._descriptor, line) :]

    def _open(self) -> None:
        self._descriptor = os.open(self._path, O_WRONLY | O_APPEND | O_CREAT, 0o600)

    def _is_ours(self) -> bool:
        """Whether the descriptor still is the file it was: user code may have closed it, and opened another there."""
        try:
            return _identity(self._descriptor) == _identity(self._path)
        except OSError:
            return False


OURS.add(Channel._open.__code__)


def _identity(file: int | str) -> tuple[int, int]:
    found = stat(file)  # noqa: PTH116 (as taken at the start)
    return found.st_dev, found.st_ino
