"""How far verification has come, on one line of a terminal's standard error."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Call it with what is happening now; an empty text clears the line. Silent off a terminal."""

    quiet: bool = False

    def __call__(self, text: str) -> None:
        """Show ``text`` in place of the text before."""
        if not self.quiet and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text[:100]}")
            sys.stderr.flush()
