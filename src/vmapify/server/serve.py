"""The process that answers an editor over standard input and output: how it begins, and that it ends."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Any

from vmapify.server.service import Service

STACK = 64 * 2**20
"""Bytes of stack for the thread that analyses: some systems give threads little of it."""
LONGEST_LINE, LONGEST_MESSAGE = 2**16, 2**28


def serve() -> int:
    """Answer the editor at the other end of standard input and output; gives the exit code.

    The process has to end at once with this code: a thread may still wait for input.
    """
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)  # what went wrong is told to the editor
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: os._exit(128 + received))  # what is run ends with its input
    threading.stack_size(STACK)
    service = Service()
    service.run(_Input(sys.stdin.buffer))
    return 0 if service.ended_well else 1


class _Input:
    """Standard input, of which neither a line nor a message may be so long that it takes all memory."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readline(self) -> bytes:
        """A line, or a part of one that is no header."""
        line: bytes = self._stream.readline(LONGEST_LINE)
        return line

    def read(self, count: int) -> bytes:
        """A message; nothing, which ends the server, for one that no editor sends."""
        message: bytes = self._stream.read(count) if count <= LONGEST_MESSAGE else b""
        return message
