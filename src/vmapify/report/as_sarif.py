"""SARIF 2.1.0, the exchange format of static analysis."""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vmapify import HOME, __version__
from vmapify.report.fingerprint import Fingerprints
from vmapify.report.message import advice, message
from vmapify.report.place import bounds, in_cell, in_text, on_disk
from vmapify.rule import RULES

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem, Span
    from vmapify.report.model import Report
    from vmapify.report.render import View
    from vmapify.source import SourceFile

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(report: Report, view: View) -> str:
    """One run; rewrites as warnings with fixes, blocked and open loops as notes, problems as notifications."""
    seen = Fingerprints()
    driver = {
        "name": "vmapify",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_rule(code) for code in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, report, seen) for finding in view.shown(report)],
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "toolExecutionNotifications": [_notification(one) for one in (*report.problems, *report.notes)],
            }
        ],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "helpUri": rule.url,
        "help": {"text": rule.text, "markdown": rule.markdown()},
    }


def _result(finding: Finding, report: Report, seen: Fingerprints) -> dict[str, Any]:
    source = report.sources[finding.path]
    where = in_cell(finding.cell, bounds(report, finding)[0][0])
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": "note" if finding.asks_for_nothing else "warning",
        "message": {"text": where + "\n".join([message(finding), *advice(finding)])},
        "locations": [{"physicalLocation": {**_artifact(finding.path), "region": _region(source, finding.loop)}}],
        "partialFingerprints": {"vmapifyLoop/v1": seen.finding(finding, source)},
    }
    if finding.code in RULES:
        result["ruleIndex"] = list(RULES).index(finding.code)
    if finding.suppressed:
        result["suppressions"] = [{"kind": "inSource"}]
    if finding.edits and not finding.asks_for_nothing:
        changes = [{**_artifact(finding.path), "replacements": _replacements(source, finding)}]
        result["fixes"] = [{"description": {"text": RULES[finding.code].name}, "artifactChanges": changes}]
    return result


def _replacements(source: SourceFile, finding: Finding) -> list[dict[str, Any]]:
    """The edits, for a notebook as edits of its JSON text."""
    if source.notebook is None:
        return [_replacement(_region(source, edit.span), edit.content) for edit in finding.edits]
    from vmapify.source.respell import splices  # noqa: PLC0415 - only notebooks are spelled twice

    text = source.notebook.text
    return [
        _replacement(_between(in_text(text, one.start), in_text(text, one.end)), one.content)
        for one in splices(source.notebook, finding.edits)
    ]


def _replacement(region: dict[str, int], content: str) -> dict[str, Any]:
    return {"deletedRegion": region, "insertedContent": {"text": content}}


def _artifact(path: str) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(path)}}


def _uri(path: str) -> str:
    """The path as a URI reference: what a URI cannot hold is percent-encoded; absolute paths get a scheme."""
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure.as_posix()), safe="/")


def _region(source: SourceFile, span: Span) -> dict[str, int]:
    return _between(*on_disk(source, span))


def _between(start: tuple[int, int], end: tuple[int, int]) -> dict[str, int]:
    return {"startLine": start[0], "startColumn": start[1], "endLine": end[0], "endColumn": end[1]}


def _notification(problem: Problem) -> dict[str, Any]:
    place: dict[str, Any] = _artifact(problem.path)
    if problem.line and problem.cell is None:
        place["region"] = {"startLine": problem.line}
    return {
        "level": "note" if problem.is_note else "error",
        "message": {"text": in_cell(problem.cell, problem.line) + problem.message},
        "locations": [{"physicalLocation": place}],
    }
