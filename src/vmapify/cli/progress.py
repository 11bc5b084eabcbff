"""How far a run has come, on one line of a terminal's standard error; nothing elsewhere, and nothing in the first second."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from click._termui_impl import ProgressBar

AFTER = 1.0
"""Seconds that a run may take before it is worth a word."""


def on_terminal(*, quiet: bool) -> bool:
    """Whether somebody watches who wants to know."""
    return not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Progress:
    """Call it with what is happening now; an empty text clears the line."""

    quiet: bool = False
    began: float = field(default_factory=time.monotonic)

    def __call__(self, text: str) -> None:
        """Show ``text`` in place of the text before."""
        if on_terminal(quiet=self.quiet) and time.monotonic() - self.began > AFTER:
            sys.stderr.write(f"\r\x1b[K{text[:100]}")
            sys.stderr.flush()


class FilesBar:
    """A bar of the files that are done; it goes when all of them are, or when the context is left."""

    def __init__(self, *, quiet: bool) -> None:
        self._wanted = on_terminal(quiet=quiet)
        self._began = time.monotonic()
        self._shown = 0
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
            sys.stderr.write("\x1b[1A\x1b[2K")  # the bar ends its line; nothing of it stays
            sys.stderr.flush()

    def __call__(self, done: int, total: int) -> None:
        """Say how many files are done, of how many."""
        if not self._wanted or time.monotonic() - self._began < AFTER:
            return
        if done >= total:
            self.__exit__(None, None, None)
            return
        if self._bar is None:
            self._bar, self._shown = click.progressbar(length=total, label="files", show_pos=True, file=sys.stderr), 0
        self._bar.update(done - self._shown)
        self._shown = done
