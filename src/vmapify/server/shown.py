"""Findings as the protocol has them: diagnostics, and what is said where the mouse rests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path

from vmapify.report import wording
from vmapify.report.message import advice, message
from vmapify.rule import RULES, find
from vmapify.server.positions import lines_with_ends, place, width
from vmapify.source import cell_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vmapify.diagnostic import Finding, Problem, Reason
    from vmapify.rule import Page
    from vmapify.server.analyst import Analysis
    from vmapify.source import SourceFile

SOURCE = "vmapify"
PROBLEM = "problem"
"""The code of what is no finding: a text that cannot be looked at."""


def diagnostics(analysis: Analysis, encoding: str) -> Mapping[str, list[types.Diagnostic]]:
    """What is shown in each text of a document."""
    found: dict[str, list[types.Diagnostic]] = {uri: [] for uri in analysis.snapshot.uris}
    for finding in analysis.findings:
        found[analysis.snapshot.uri_of(finding.cell)].append(diagnostic(finding, analysis, encoding))
    for problem in analysis.problems:
        uri = analysis.snapshot.uri_of(problem.cell)
        uri = uri if uri in found else next(iter(found), uri)  # what is wrong with a notebook as a whole
        found.setdefault(uri, []).append(_complaint(problem, analysis, encoding))
    return found


def diagnostic(finding: Finding, analysis: Analysis, encoding: str) -> types.Diagnostic:
    """One finding, shown at the first line of its loop."""
    source = analysis.source
    assert source is not None
    rule = RULES.get(finding.code)
    return types.Diagnostic(
        range=head(finding, source, encoding),
        message="\n".join([message(finding), *advice(finding)]),
        severity=types.DiagnosticSeverity.Hint if finding.asks_for_nothing else types.DiagnosticSeverity.Warning,
        code=finding.code,
        code_description=types.CodeDescription(rule.url) if rule is not None else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.verdict == "comment" and finding.edits else None,
        related_information=[_related(one, analysis) for one in finding.reasons if one.path != "-"] or None,
    )


def head(finding: Finding, source: SourceFile, encoding: str) -> types.Range:
    """The first line of what the finding is about, up to where it or the line ends."""
    text = source.shown[finding.loop.start : finding.loop.end]
    ends = [at for at in (text.find(b"\n"), text.find(b"\r")) if at >= 0]
    length = len(text[: min(ends, default=len(text))].rstrip())
    start, end = (_position(source, at, encoding) for at in (finding.loop.start, finding.loop.start + length))
    return types.Range(start=start, end=end)


def _position(source: SourceFile, offset: int, encoding: str) -> types.Position:
    """In a notebook, within the cell."""
    cell = cell_at(source.cells, offset)
    start = 0 if cell is None else cell.span.start
    line, column = place(source.shown[start:], offset - start, encoding)
    mark = width("\ufeff", encoding) if source.bom and line == 0 else 0  # which the editor holds as a character
    return types.Position(line=line, character=column + mark)


def _related(reason: Reason, analysis: Analysis) -> types.DiagnosticRelatedInformation:
    snapshot = analysis.snapshot
    own = reason.path == snapshot.path
    uri = snapshot.uri_of(reason.cell) if own else from_fs_path(os.path.abspath(reason.path))  # noqa: PTH100
    line = types.Position(line=max(reason.line - 1, 0), character=0)
    return types.DiagnosticRelatedInformation(
        location=types.Location(uri=uri or snapshot.uri, range=types.Range(start=line, end=line)),
        message=wording.message(reason),
    )


def _complaint(problem: Problem, analysis: Analysis, encoding: str) -> types.Diagnostic:
    """A whole line, the first one where the problem is about all of the text."""
    line = max((problem.line or 1) - 1, 0)
    text = analysis.snapshot.texts.get(analysis.snapshot.uri_of(problem.cell), "")
    lines = lines_with_ends(text)
    end = width(lines[line].rstrip("\r\n"), encoding) if line < len(lines) else 0
    error = not problem.is_note
    return types.Diagnostic(
        range=types.Range(start=types.Position(line=line, character=0), end=types.Position(line=line, character=end)),
        message=problem.message,
        severity=types.DiagnosticSeverity.Error if error else types.DiagnosticSeverity.Information,
        code=PROBLEM,
        source=SOURCE,
    )


def hover(findings: Iterable[Finding], analysis: Analysis, line: int, encoding: str, judged: str) -> types.Hover | None:
    """The pages on what is found on a line: what it is about, and what running it gave if that was asked for."""
    assert analysis.source is not None
    for finding in findings:
        place = head(finding, analysis.source, encoding)
        if place.start.line == line:
            text = "\n\n---\n\n".join([_said(finding, judged), *(page.markdown() for page in _pages(finding))])
            markdown = types.MarkupContent(kind=types.MarkupKind.Markdown, value=text)
            return types.Hover(contents=markdown, range=place)
    return None


def _said(finding: Finding, judged: str) -> str:
    lines = [f"**{finding.code}** {message(finding)}", *advice(finding), *([judged] if judged else [])]
    return "\n\n".join(lines)


def _pages(finding: Finding) -> list[Page]:
    """The page of the rule; of a loop that stays, first those of its reasons."""
    reasons = dict.fromkeys(one.code for one in finding.reasons) if finding.verdict == "blocked" else {}
    found = [find(code) for code in (*reasons, finding.code)]
    return [page for page in found if page is not None]
