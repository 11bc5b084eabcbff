"""The report of ``verify``: verdicts on functions instead of findings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify import __version__
from vmapify.report.as_json import SCHEMA, problem_json, verification_json
from vmapify.report.as_text import problem_line
from vmapify.report.evidence import evidence

if TYPE_CHECKING:
    from vmapify.diagnostic import Problem, Verification
    from vmapify.report.style import Style


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The verdict on one function of the file ``path``."""

    path: str
    function: str
    verification: Verification


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``verify`` found out, and what kept it from more."""

    results: tuple[VerifyResult, ...] = ()
    problems: tuple[Problem, ...] = ()


def render_verify(report: VerifyReport, *, as_json: bool, style: Style) -> str:
    """The contract's JSON, or one line a function."""
    if as_json:
        return _json(report)
    lines = [_line(result, style) for result in report.results]
    lines += [problem_line(problem, style) for problem in report.problems]
    return "".join(f"{line}\n" for line in lines or ["No function differs between the two files."])


def _line(result: VerifyResult, style: Style) -> str:
    return f"{style.bold(f'{result.path} {result.function}')}: " + " · ".join(evidence(result.verification))


def _json(report: VerifyReport) -> str:
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "results": [
            {"path": r.path, "function": r.function, **(verification_json(r.verification) or {})}
            for r in report.results
        ],
        "errors": [problem_json(problem) for problem in report.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
