"""Open loops: let a run tell what they find, and plan again with that."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from vmapify.infer import Modules
from vmapify.pipeline.analysis import project_roots
from vmapify.rewrite import analyze

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Finding, Site
    from vmapify.diagnostic.facts import Fact
    from vmapify.report import Report
    from vmapify.source import SourceFile

Observe = Callable[[Sequence["Site"]], Mapping[int, "tuple[Fact, ...]"]]
"""Runs what leads to the sites of open loops; gives what was seen, by position of the site."""


def answered(report: Report, observe: Observe, root: Callable[[str], Path]) -> Report:
    """The report with those open loops judged again that a run has come to; the others stay open.

    A rewrite for something that is only likely to be an array is planned again, too, should it turn out to be a list.
    ``root`` is the top directory of the project of a file.
    """
    asked = [finding for finding in report.findings if _is_asked(finding) and not finding.suppressed]
    if not asked:
        return report
    seen = observe([dataclasses.replace(one.site, before="", after="") for one in asked if one.site is not None])
    facts: dict[str, dict[int, tuple[Fact, ...]]] = {}
    for key, known in seen.items():
        facts.setdefault(asked[key].path, {})[asked[key].loop.start] = known
    again = {path: _again(report.sources[path], root(path), known) for path, known in facts.items()}
    findings = tuple(_replaced(finding, again.get(finding.path, {})) for finding in report.findings)
    return dataclasses.replace(report, findings=findings)


def _again(source: SourceFile, root: Path, facts: Mapping[int, tuple[Fact, ...]]) -> dict[int, Finding]:
    """The findings of a file with what a run showed, by where their loops start."""
    modules = Modules()
    findings = analyze(source, project_roots(source.path, root, modules), modules, facts=facts)
    return {finding.loop.start: finding for finding in findings if finding.loop.start in facts}


def _replaced(finding: Finding, again: Mapping[int, Finding]) -> Finding:
    found = again.get(finding.loop.start) if _is_asked(finding) else None
    if found is None or (finding.verdict == "rewrite" and (found.verdict != "rewrite" or found.edits == finding.edits)):
        return finding
    return found


def _is_asked(finding: Finding) -> bool:
    return finding.site is not None and bool(finding.site.asked)
