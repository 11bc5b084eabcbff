"""The words for one finding, shared by every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report import wording

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Question, Reason


FEW = 3
"""Codes that are explained; a reader stops there."""
SHORT = 30
"""Letters of a name that is repeated."""
PURPOSES = {"reference-oracle", "benchmark-baseline", "memory-bound", "kernel-body"}
"""Codes that say why the loop is there."""


def message(finding: Finding) -> str:
    """One sentence on what was found."""
    if finding.verdict == "comment":
        return wording.message(finding.reasons[0])
    if finding.verdict == "blocked" and finding.reasons:
        return f"{finding.name} must stay a loop: {wording.message(finding.reasons[0])}"
    if finding.verdict == "open":
        return f"{finding.name} that only a run can judge: {wording.asked(finding.questions[0])}"
    from vmapify.rule import RULES  # noqa: PLC0415 - the pages are read when there is something to say

    rule = RULES.get(finding.code)
    return rule.summary if rule else finding.name


def advice(finding: Finding) -> list[str]:
    """What to do, a line each: the rewrite and what it rests on, or the reasons with their cures."""
    lines = []
    for reason, more in told(finding):
        lines.append(f"because ({reason.code}): {where(reason, finding)}: {wording.message(reason)}")
        lines += [f"as well: {more}"] if more else []
        lines.append(f"instead: {wording.advice(reason)}")
    rest = untold(finding)
    lines += [f"besides: {rest}"] if rest else []
    lines += [f"asks ({one.code}): {asked(one, finding)}" for one in finding.questions]
    if finding.replacement and finding.verdict == "rewrite":
        lines.append(f"write: {finding.replacement}")
    lines += [f"changes ({item.code}): {wording.message(item)}" for item in finding.changes]
    return lines + [f"assumes ({item.code}): {wording.message(item)}" for item in finding.assumptions]


def told(finding: Finding) -> list[tuple[Reason, str]]:
    """The first reason of each of the first few codes, with the places of others like it."""
    by_code = _by_code(finding)
    return [(by_code[code][0], _places(by_code[code][1:], finding)) for code in _first(by_code)]


def untold(finding: Finding) -> str:
    """The codes that are not told about, each with its first place."""
    by_code = _by_code(finding)
    rest = [code for code in by_code if code not in _first(by_code)]
    return ", ".join(f"{code} ({where(by_code[code][0], finding)})" for code in rest)


def _first(by_code: dict[str, list[Reason]]) -> list[str]:
    """The codes worth explaining: a loop with a purpose stays whatever else there is, and what is unknown comes last."""
    codes = list(by_code)
    if codes and codes[0] in PURPOSES:
        return codes[:1]
    return [code for code in codes if code != "opaque-callee"][:FEW] or codes[:1]


def _by_code(finding: Finding) -> dict[str, list[Reason]]:
    found: dict[str, list[Reason]] = {}
    for reason in finding.reasons:
        found.setdefault(reason.code, []).append(reason)
    return found


def _places(reasons: list[Reason], finding: Finding) -> str:
    """Such as "`key` on lines 3 and 7, `f` on line 12 of other.py"."""
    by_file: dict[tuple[str, str, str], list[str]] = {}
    for reason in reasons:
        head, _, tail = where(reason, finding).partition("line ")
        line, of, path = tail.partition(" of ")
        by_file.setdefault((_subject(reason), head, of + path), []).append(line)
    lines = {place: list(dict.fromkeys(found)) for place, found in by_file.items()}
    return ", ".join(
        f"{subject}{head}line{'s' * (len(found) > 1)} {' and '.join(found)}{rest}"
        for (subject, head, rest), found in lines.items()
    )


def _subject(reason: Reason) -> str:
    """What the reason is about, if that is said in short."""
    _, *quoted = wording.message(reason).split("`", 2)
    subject = quoted[0] if len(quoted) > 1 else ""
    return f"`{subject}` on " if 0 < len(subject) <= SHORT else ""


def asked(question: Question, finding: Finding) -> str:
    """A question with the line that raises it."""
    return f"{where(question.reason, finding)}: {wording.question(question)}"


def where(reason: Reason, finding: Finding) -> str:
    """A line, with its cell or file where that is another than the finding's."""
    if reason.path != finding.path:
        return f"line {reason.line} of {reason.path}"
    return (
        f"line {reason.line}" if reason.cell in (None, finding.cell) else f"cell {reason.cell + 1}, line {reason.line}"
    )
