"""The words for one finding, shared by every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.rule import RULES

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Reason


def message(finding: Finding) -> str:
    """One sentence on what was found."""
    if finding.verdict == "comment":
        return finding.reasons[0].message
    rule = RULES.get(finding.code)
    if finding.verdict == "blocked" and finding.reasons:
        return f"{finding.name} must stay a loop: {finding.reasons[0].message}"
    return rule.summary if rule else finding.name


def advice(finding: Finding) -> list[str]:
    """What to do, a line each: the rewrite and what it rests on, or the reasons with their cures."""
    lines = []
    for reason in finding.reasons:
        lines.append(f"because ({reason.code}): {where(reason, finding)}: {reason.message}")
        lines.append(f"instead: {reason.advice}")
    if finding.replacement and finding.verdict == "rewrite":
        lines.append(f"write: {finding.replacement}")
    lines += [f"changes ({item.code}): {item.message}" for item in finding.changes]
    return lines + [f"assumes ({item.code}): {item.message}" for item in finding.assumptions]


def where(reason: Reason, finding: Finding) -> str:
    """A line, with its cell or file where that is another than the finding's."""
    if reason.path != finding.path:
        return f"line {reason.line} of {reason.path}"
    return (
        f"line {reason.line}" if reason.cell in (None, finding.cell) else f"cell {reason.cell + 1}, line {reason.line}"
    )
