"""The JSON of the contract: one document, or one object a line."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from vmapify import __version__
from vmapify.report import wording
from vmapify.report.fix_lines import SEEN
from vmapify.report.place import extent
from vmapify.report.summary import statistics

if TYPE_CHECKING:
    from vmapify.diagnostic import Assumption, Finding, Problem, Question, Reason, Verification
    from vmapify.report.model import Report
    from vmapify.report.render import View
    from vmapify.source import SourceFile

SCHEMA = 1


def render_json(report: Report, view: View) -> str:
    """One document with every shown finding and every problem."""
    if view.statistics:
        return _statistics(report, view)
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "findings": [finding_json(finding, report) for finding in view.shown(report)],
        "errors": [problem_json(problem) for problem in report.problems],
        **({"notes": [problem_json(note) for note in report.notes]} if report.notes else {}),
        **shard_json(report.shard),
        **({"reruns": [dataclasses.asdict(one) for one in report.reruns]} if report.command == "fix" else {}),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def shard_json(shard: tuple[int, int]) -> dict[str, str]:
    """Which part of the files a document is about; nothing where it is about all of them."""
    return {} if shard == (1, 1) else {"shard": "{}/{}".format(*shard)}


def _statistics(report: Report, view: View) -> str:
    """One document with how often what is found, in place of the findings."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "statistics": [dataclasses.asdict(one) for one in statistics(report, view)],
        "errors": [problem_json(problem) for problem in report.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_json_lines(report: Report, view: View) -> str:
    """One finding a line, then one error a line (an object with the key ``error``)."""
    rows = [finding_json(finding, report) for finding in view.shown(report)]
    rows += [{"error": problem_json(problem)} for problem in report.problems]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def finding_json(finding: Finding, report: Report) -> dict[str, Any]:
    """One finding as the contract words it. ``suppressed`` and ``outcome`` only where they apply."""
    source = report.sources[finding.path]
    row: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "path": finding.path,
        "cell": finding.cell,
        "function": finding.function,
        "loop": extent(source, finding.loop),
        "sink": extent(source, finding.sink) if finding.sink else None,
        "verdict": finding.verdict,
        "applicability": finding.applicability,
        "reasons": [_reason(reason) for reason in finding.reasons],
        "questions": [_question(question) for question in finding.questions],
        "facts": _facts(finding),
        "assumptions": _coded(finding.assumptions),
        "changes": _coded(finding.changes),
        "replacement": finding.replacement,
        "edits": _edits(finding, source),
        "verification": verification_json(finding.verification),
        "suppressed": finding.suppressed,
    }
    for outcome in report.outcomes:
        if outcome.finding is finding:
            row["outcome"] = {"state": outcome.state, "why": outcome.why}
    return row


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem as the contract words it."""
    return dataclasses.asdict(problem)


def verification_json(verification: Verification | None) -> dict[str, Any] | None:
    """The evidence as the contract words it; None where nothing was run."""
    return dataclasses.asdict(verification) if verification else None


def _coded(items: tuple[Assumption, ...]) -> list[dict[str, Any]]:
    return [{"code": item.code, "message": wording.message(item)} for item in items]


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "message": wording.message(reason),
        "path": reason.path,
        "line": reason.line,
        "advice": wording.advice(reason),
        "cell": reason.cell,
    }


def _facts(finding: Finding) -> list[dict[str, Any]]:
    """What the rewrite takes from a run."""
    shown = [dict(one.details) for one in finding.assumptions if (one.code, one.subcode) == SEEN]
    return [
        {"name": one["name"], "provenance": "seen", "arrivals": one["arrivals"], "what": one["seen"]} for one in shown
    ]


def _question(question: Question) -> dict[str, Any]:
    reason = question.reason
    place = {"path": reason.path, "line": reason.line, "cell": reason.cell}
    return {"code": question.code, "name": question.name, "message": wording.question(question), **place}


def _edits(finding: Finding, source: SourceFile) -> list[dict[str, Any]]:
    return [
        {"cell": source.place(edit.span.start).cell, **extent(source, edit.span), "content": edit.content}
        for edit in finding.edits
    ]
