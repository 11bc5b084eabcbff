"""From the results of files to what is reported: selection, suppression comments, and the texts that are shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.analysis import analyse_source, digest
from vmapify.source import decode
from vmapify.source.read import raw_bytes

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.pipeline.analysis import FileResult
    from vmapify.pipeline.selection import Selections
    from vmapify.source import SourceFile


class Desk:
    """Where the results of files come in. ``blocked``: loops that must stay are asked for, too."""

    def __init__(self, selections: Selections, problems: list[Problem], *, blocked: bool) -> None:
        self.findings: list[Finding] = []
        self.problems = problems
        self.notes: list[Problem] = []
        self.sources: dict[str, SourceFile] = {}
        self._selections = selections
        self._blocked = blocked

    def take(self, result: FileResult, source: SourceFile | None = None) -> None:
        """Keep the selected findings, after the suppression comments, and the text of the file where it is shown."""
        selected = self._selections.of(result.path)
        chosen = tuple(finding for finding in result.findings if selected(finding.code))
        errors = tuple(problem for problem in result.problems if not problem.is_note)
        comments = () if errors else result.suppressions
        if source is None and (comments or chosen):
            self._reread(result)
            return
        if comments and source is not None:
            from vmapify.pipeline.suppress import apply_suppressions  # noqa: PLC0415 - needs the rule registry

            chosen = apply_suppressions(source, chosen, comments, selected)
        self.problems += errors
        self.notes += (problem for problem in result.problems if problem.is_note)
        self.findings += chosen
        if source is not None and chosen:
            self.sources[result.path] = source

    def insist(self, path: str) -> None:
        """Take what is wrong with a file that was named, whether or not it holds anything of interest."""
        from vmapify.pipeline.file_errors import what_is_wrong  # noqa: PLC0415 - a walk over a tree insists on nothing

        self._complain(path, what_is_wrong(path))

    def _complain(self, path: str, problem: Problem | None) -> None:
        if problem is not None and all(known.path != path for known in (*self.problems, *self.notes)):
            (self.notes if problem.is_note else self.problems).append(problem)

    def _reread(self, result: FileResult) -> None:
        """Take the result with the text that it is about; if that has changed meanwhile, a new one."""
        from vmapify.diagnostic import Problem  # noqa: PLC0415 - there is something to say

        raw = raw_bytes(result.path)
        source = decode(result.path, raw) if isinstance(raw, bytes) else raw
        if isinstance(source, Problem) or not isinstance(raw, bytes) or result.digest != digest(raw):
            self.take_text(source)
        else:
            self.take(result, source)

    def take_text(self, source: SourceFile | Problem) -> None:
        """Analyse a text and take its result."""
        from vmapify.diagnostic import Problem  # noqa: PLC0415

        if isinstance(source, Problem):
            self.problems.append(source)
        else:
            root = Path(self._selections.settings(source.path).root)
            self.take(analyse_source(source, root, blocked=self._blocked), source)
            from vmapify.pipeline.file_errors import not_python  # noqa: PLC0415 - only for standard input

            self._complain(source.path, not_python(source))
