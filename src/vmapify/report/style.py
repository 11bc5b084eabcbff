"""Colours for a terminal, or none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in ANSI colour codes when ``on``; returns it as it is otherwise."""

    on: bool = False

    def bold(self, text: str) -> str:
        """For places and headings."""
        return self._wrap(text, "1")

    def dim(self, text: str) -> str:
        """For frames and context."""
        return self._wrap(text, "2")

    def red(self, text: str) -> str:
        """For codes, removed lines and trouble."""
        return self._wrap(text, "31")

    def green(self, text: str) -> str:
        """For added lines and good verdicts."""
        return self._wrap(text, "32")

    def yellow(self, text: str) -> str:
        """For what the reader should look at."""
        return self._wrap(text, "33")

    def cyan(self, text: str) -> str:
        """For hunk headers and labels."""
        return self._wrap(text, "36")

    def diff(self, text: str) -> str:
        """A unified diff, coloured by line."""
        return "".join(self._diff_line(line) for line in text.splitlines(keepends=True)) if self.on else text

    def _diff_line(self, line: str) -> str:
        body = line.rstrip("\r\n")
        end = line[len(body) :]
        if body.startswith(("---", "+++")):
            return self.bold(body) + end
        paint = {"@": self.cyan, "+": self.green, "-": self.red}.get(body[:1])
        return (paint(body) if paint else body) + end

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


PLAIN = Style()
