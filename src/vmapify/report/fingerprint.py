"""What tells one finding from another, from run to run: the formats that other programs keep need it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.source import SourceFile


class Fingerprints:
    """Stable while a loop's text is, wherever it moves; equal loops in one file are told apart by order."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def finding(self, finding: Finding, source: SourceFile) -> str:
        """That of a finding."""
        text = source.data[finding.loop.start : finding.loop.end].decode("utf-8")
        return self._of(f"{finding.path}\0{finding.code}\0{text}")

    def problem(self, problem: Problem) -> str:
        """That of a problem."""
        return self._of(f"{problem.path}\0{problem.message}")

    def _of(self, content: str) -> str:
        self._seen[content] = self._seen.get(content, 0) + 1
        return hashlib.sha256(f"{content}\0{self._seen[content]}".encode("utf-8", "surrogateescape")).hexdigest()
