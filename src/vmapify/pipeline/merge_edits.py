"""Many findings, one file: which of them can be written together, and their edits as one list."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vmapify.diagnostic import Finding


def compatible(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings of one file that can be written together, outermost first served, and the others."""
    kept: list[Finding] = []
    dropped: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (_hull(f).start, -_hull(f).end)):
        clash = any(_clash(finding, other) for other in kept)
        (dropped if clash else kept).append(finding)
    return kept, dropped


def merged_edits(findings: Iterable[Finding]) -> list[Edit]:
    """All edits of compatible findings; what several of them insert at one place stands once, but for comments."""
    replaced: dict[Edit, None] = {}
    inserted: defaultdict[Span, list[str]] = defaultdict(list)
    for finding in findings:
        for edit in finding.edits:
            if _inserts(edit):
                there = inserted[edit.span]
                there += [one for one in _pieces(edit) if one not in there or one.lstrip().startswith("#")]
            else:
                replaced[edit] = None
    return [*replaced, *(Edit(span, "".join(pieces)) for span, pieces in inserted.items())]


def _inserts(edit: Edit) -> bool:
    return edit.span.start == edit.span.end


def _pieces(edit: Edit) -> list[str]:
    """Whole lines, of which each is wanted once; anything else, blank lines among it, is one piece."""
    lines = edit.content.splitlines(keepends=True)
    return lines if edit.content.endswith("\n") and all(line.strip() for line in lines) else [edit.content]


def _hull(finding: Finding) -> Span:
    spans = _claimed(finding)
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _claimed(finding: Finding) -> list[Span]:
    """The bytes a finding needs for itself: its loop, its sink and the statements it replaces."""
    near = [finding.loop, *([finding.sink] if finding.sink else [])]
    return near + [edit.span for edit in finding.edits if any(edit.span.overlaps(span) for span in near)]


def _clash(one: Finding, other: Finding) -> bool:
    if any(a.overlaps(b) for a in _claimed(one) for b in _claimed(other)):
        return True
    return any(_contradict(a, b) for a in one.edits for b in other.edits)


def _contradict(a: Edit, b: Edit) -> bool:
    """Whether two edits cannot both be applied: they replace the same text, or insert parts of one line."""
    if a == b:
        return False
    if _inserts(a) and a.span == b.span:
        return not (a.content.endswith("\n") and b.content.endswith("\n"))
    return a.span.overlaps(b.span)
