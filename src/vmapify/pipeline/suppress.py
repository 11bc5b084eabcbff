"""Suppression comments against findings: who is silenced, and which comments are at fault."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Finding, Reason, Span
from vmapify.rule import RULES, nearest_rule
from vmapify.source import within_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.pipeline.selection import Selected
    from vmapify.source import SourceFile
    from vmapify.source.suppression import Suppression

UNUSED, MALFORMED = "VM901", "VM902"


def apply_suppressions(
    source: SourceFile, findings: Sequence[Finding], comments: Sequence[Suppression], selected: Selected
) -> tuple[Finding, ...]:
    """``findings`` with the silenced ones marked, and a finding for each unused or malformed comment."""
    judged = [_resolve(comment) for comment in comments]
    valid = [comment for comment in judged if comment.error is None]
    marked: list[Finding] = []
    used: set[Suppression] = set()
    for finding in findings:
        silencing = [comment for comment in valid if _silences(comment, finding, source)]
        used.update(silencing)
        marked.append(dataclasses.replace(finding, suppressed=True) if silencing else finding)
    if selected(MALFORMED):
        marked += [_malformed(source, comment) for comment in judged if comment.error is not None]
    if selected(UNUSED):
        idle = [comment for comment in valid if comment not in used and _checked(comment, selected)]
        marked += [_unused(source, comment) for comment in idle]
    return tuple(sorted(marked, key=lambda finding: finding.loop))


def lines_of(finding: Finding, source: SourceFile) -> tuple[int, ...]:
    """The lines on which a comment silences ``finding``: the loop's first, the sink's first and last.

    Where loop and sink are one expression its last line counts, too: the closing bracket's.
    """
    sink = finding.sink or finding.loop
    offsets = [finding.loop.start, sink.start]
    if finding.sink is not None or not source.data[finding.loop.start :].startswith((b"for ", b"while ")):
        offsets.append(sink.end)
    return tuple(dict.fromkeys(source.line_column(offset)[0] for offset in offsets))


def _silences(comment: Suppression, finding: Finding, source: SourceFile) -> bool:
    if comment.codes and finding.code not in comment.codes:
        return False
    return comment.scope == "file" or comment.line in lines_of(finding, source)


def _resolve(comment: Suppression) -> Suppression:
    """The comment with rule names turned into codes; an unknown code of ours makes it malformed."""
    if comment.shared or comment.error:
        return comment
    names = {rule.name: code for code, rule in RULES.items()}
    codes = tuple(names.get(word.lower(), word.upper()) for word in comment.codes)
    unknown = [word for word, code in zip(comment.codes, codes, strict=True) if code not in RULES]
    error = None
    if unknown:
        close = nearest_rule(unknown[0])
        error = f"unknown rule `{unknown[0]}`" + (f"; did you mean `{close}`?" if close else "")
    return dataclasses.replace(comment, codes=codes, error=error)


def _checked(comment: Suppression, selected: Selected) -> bool:
    """Whether every rule the comment speaks of was looked for, so that "unused" is a fact."""
    ours = [code for code in comment.codes if code.startswith("VM")]
    if comment.shared and not ours:
        return False  # a bare noqa speaks to other tools
    return all(selected(code) for code in (ours or [code for code in RULES if code < UNUSED]))


def _malformed(source: SourceFile, comment: Suppression) -> Finding:
    return _comment_finding(source, comment, "no-effect", {"error": comment.error or ""})


def _unused(source: SourceFile, comment: Suppression) -> Finding:
    subcode = "in-file" if comment.scope == "file" else "on-line"
    text = source.data[comment.span.start : comment.span.end].decode("utf-8")
    removal = within_cell(source.cells, source.data, Edit(_whole(source, comment.span), ""))
    edits = () if comment.shared else (removal,)
    return _comment_finding(source, comment, subcode, {"comment": text}, edits)


def _comment_finding(
    source: SourceFile, comment: Suppression, subcode: str, told: dict[str, str], edits: tuple[Edit, ...] = ()
) -> Finding:
    code = MALFORMED if comment.error else UNUSED
    name = RULES[code].name
    place = source.place(comment.span.start)
    cure = "" if edits or comment.error else "only-codes"
    reason = Reason(name, subcode, source.path, place.line, tuple(told.items()), cure, place.cell)
    return Finding(
        code, name, source.path, None, comment.span, None, "comment", place.cell,
        applicability="safe" if edits else None, reasons=(reason,), edits=edits,
    )  # fmt: skip


def _whole(source: SourceFile, span: Span) -> Span:
    """The comment with the blanks before it, and its line where it stands alone on one."""
    data = source.data
    start, end = span.start, span.end
    while start > 0 and data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    alone = start == 0 or data[start - 1 : start] in (b"\n", b"\r")
    rest = data[end:]
    if alone and rest.startswith((b"\r\n", b"\n", b"\r")):
        return Span(start, end + (2 if rest.startswith(b"\r\n") else 1))
    return Span(start if rest[:1] in (b"", b"\n", b"\r") else span.start, end)
