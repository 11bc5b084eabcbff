"""``--add-ignore``: silence everything that is found now, in the files themselves."""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Problem, Span
from vmapify.pipeline.suppress import lines_of
from vmapify.source import SourceFile, edited, write
from vmapify.source.suppression import suppressions
from vmapify.syntax import same_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Finding
    from vmapify.report import Report


def add_ignore(report: Report, reason: str) -> Report:
    """Add a comment to every loop ``check`` found; the report says what is left and what went wrong."""
    loops = [finding for finding in report.open_findings if finding.verdict == "rewrite"]
    problems: list[Problem] = []
    silenced: set[int] = set()
    for path, source in report.sources.items():
        own = [finding for finding in loops if finding.path == path]
        if not own:
            continue
        problem = _silence(source, own, reason)
        if problem is None:
            silenced.update(id(finding) for finding in own)
        else:
            problems.append(problem)
    findings = tuple(
        dataclasses.replace(finding, suppressed=True) if id(finding) in silenced else finding
        for finding in report.findings
    )
    return dataclasses.replace(
        report, findings=findings, problems=(*report.problems, *problems), silenced=len(silenced)
    )


def _silence(source: SourceFile, findings: Sequence[Finding], reason: str) -> Problem | None:
    wanted: dict[int, list[str]] = {}
    for finding in findings:
        codes = wanted.setdefault(_line(source, finding), [])
        codes += [finding.code] if finding.code not in codes else []
    edits = [_comment(source, line, codes, reason) for line, codes in wanted.items()]
    new = edited(source, edits)
    if not isinstance(new, SourceFile) or not _harmless(source, new, len(edits)):
        return Problem(source.path, None, "no comment could be added without changing code; add it by hand")
    return write(source, new.content)


def _line(source: SourceFile, finding: Finding) -> int:
    """The first line that silences the finding and can carry a comment (no trailing backslash)."""
    lines = source.lines()
    usable = [line for line in lines_of(finding, source) if not lines[line - 1].rstrip().endswith("\\")]
    return (usable or lines_of(finding, source))[0]


def _comment(source: SourceFile, line: int, codes: Sequence[str], reason: str) -> Edit:
    text = source.lines()[line - 1]
    start = _offset(source.data, line)
    end = start + len(text.rstrip().encode("utf-8"))
    why = f" {reason}" if reason else ""
    return Edit(Span(end, start + len(text.encode("utf-8"))), f"  # vmapify: ignore[{', '.join(codes)}]{why}")


def _offset(data: bytes, line: int) -> int:
    """Where a 1-based line begins."""
    lines = data.splitlines(keepends=True)  # bytes: only \n, \r and \r\n end a line
    return sum(map(len, lines[: line - 1]))


def _harmless(source: SourceFile, after: SourceFile, added: int) -> bool:
    """Whether only comments were added: the same program, and so many suppressions more."""
    if len(suppressions(after)) != len(suppressions(source)) + added:
        return False
    return same_code(ast.parse(source.data), ast.parse(after.data))
