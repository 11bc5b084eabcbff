"""Log records of a judged run: written down, not handed to handlers that may print or write files."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from .attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = ("jax", "absl")
"""Loggers of JAX itself, whose messages depend on what is compiled."""


@contextlib.contextmanager
def recorded() -> Iterator[list[str]]:
    """Collect what passes the loggers' levels in this thread; other threads log as usual."""
    lines: list[str] = []
    original, thread = logging.Logger.callHandlers, threading.get_ident()

    def collect(self: logging.Logger, record: logging.LogRecord) -> None:
        if threading.get_ident() != thread:
            original(self, record)
        elif record.name.partition(".")[0] not in OWN:
            text, error = attempt(record.getMessage)
            lines.append(f"{record.levelname} {record.name}: {text if error is None else record.msg}")

    logging.Logger.callHandlers = collect  # type: ignore[method-assign]
    try:
        yield lines
    finally:
        logging.Logger.callHandlers = original  # type: ignore[method-assign]
