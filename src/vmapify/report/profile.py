"""The report of ``profile``: the loops of a run by the seconds spent in them."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify import __version__
from vmapify.report.as_json import SCHEMA, problem_json, verification_json
from vmapify.report.as_text import problem_line
from vmapify.report.place import spot
from vmapify.report.units import duration, times

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding, Problem
    from vmapify.report.style import Style

PASSED = ("identical", "equivalent")


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A loop and what the run spent in it, as `verify.Spent` says."""

    finding: Finding
    line: int
    cell: int | None
    calls: int
    rows: int
    traced: int
    seconds: float
    compiling: float
    own: float

    @property
    def saving(self) -> float | None:
        """Seconds that the rewrite would have saved: the measured ratio, applied to what was not compiling; None if not known."""
        found = self.finding.verification
        if found is None or found.verdict not in PASSED or found.speedup is None or self.traced:
            return None
        return (self.seconds - self.compiling) * (1 - 1 / found.speedup.steady)

    @property
    def overhead(self) -> float:
        """What taking the time added, as a share of the loop's own time."""
        return self.own / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """A run of ``command`` that took ``seconds``; its first ``rows`` of ``loops`` loops, and the seconds in the ``rest``."""

    command: str
    seconds: float
    rows: tuple[ProfileRow, ...]
    loops: int
    rest: float
    trouble: str | None
    problems: tuple[Problem, ...] = ()


def render_profile(report: ProfileReport, *, as_json: bool, style: Style) -> str:
    """JSON, or two lines a loop."""
    if as_json:
        return _json(report)
    lines = [line for row in report.rows for line in _lines(row, report, style)]
    if report.loops > len(report.rows):
        lines.append(f"{duration(report.rest)} in {report.loops - len(report.rows)} more loops (--top)")
    lines += [problem_line(problem, style) for problem in report.problems]
    lines += [f"The run did not end as it should: {report.trouble}"] if report.trouble else []
    return "\n".join([*lines, _summary(report)]) + "\n"


def _summary(report: ProfileReport) -> str:
    if not report.loops:
        return f"No loop of those that look like vmap was reached in {duration(report.seconds)}."
    own = sum(row.own for row in report.rows)
    spent = sum(row.seconds for row in report.rows)
    share = f"taking the time cost {100 * own / max(spent, 1e-9):.2g} % of the time in these loops"
    return f"{report.command}: {duration(report.seconds)}; {share}."


def _lines(row: ProfileRow, report: ProfileReport, style: Style) -> list[str]:
    finding = row.finding
    place = " ".join(filter(None, (spot(finding.path, row.cell, row.line), finding.function)))
    share = f"{100 * row.seconds / max(report.seconds, 1e-9):.0f} % of {duration(report.seconds)}"
    return [f"{style.bold(place)} {share}, {_counts(row)}", f"  {verdict(row)}"]


def _counts(row: ProfileRow) -> str:
    calls = f"{row.calls} call{'s' if row.calls != 1 else ''}"
    rows = f" of {row.rows / row.calls:.0f} rows" if row.rows else ""
    traced = f", {row.traced} of them traced" if row.traced else ""
    compiling = f", {duration(row.compiling)} compiling" if row.compiling else ""
    return f"{calls}{rows}: {duration(row.seconds)}{compiling}{traced}"


def verdict(row: ProfileRow) -> str:
    """What is known of a loop, and what to do."""
    finding, found = row.finding, row.finding.verification
    if finding.verdict == "blocked":
        return f"blocked: {', '.join(dict.fromkeys(reason.code for reason in finding.reasons))}"
    if finding.verdict == "open":
        return f"open: {', '.join(dict.fromkeys(question.code for question in finding.questions))}"
    if found is None:
        return f"{finding.code} can be rewritten: run `vmapify fix {finding.path}`"
    if found.verdict not in PASSED:
        return f"{found.verdict}: {found.reason}"
    measured = f", {times(found.speedup.steady)}" if found.speedup is not None else ""
    saved = f", would have saved {duration(row.saving)}" if row.saving is not None and row.saving > 0 else ""
    cure = f": run `vmapify fix --write {finding.path}`" if row.saving is None or row.saving > 0 else ": leave it"
    return f"{found.verdict}{measured}{saved}{cure}"


def _json(report: ProfileReport) -> str:
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "command": report.command,
        "seconds": report.seconds,
        "loops": [_row(row, report) for row in report.rows],
        "rest": {"loops": report.loops - len(report.rows), "seconds": report.rest},
        "trouble": report.trouble,
        "errors": [problem_json(problem) for problem in report.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _row(row: ProfileRow, report: ProfileReport) -> dict[str, Any]:
    finding = row.finding
    return {
        **{name: getattr(finding, name) for name in ("path", "function", "code", "verdict")},
        "cell": row.cell,
        "line": row.line,
        **{
            name: getattr(row, name)
            for name in ("calls", "rows", "traced", "seconds", "compiling", "saving", "overhead")
        },
        "share": row.seconds / max(report.seconds, 1e-9),
        "reasons": [reason.code for reason in finding.reasons],
        "questions": [question.code for question in finding.questions],
        "verification": verification_json(finding.verification),
    }


def profile_page(report: ProfileReport) -> str:
    """A page that stands alone."""
    head = ("loop", "share", "seconds", "compiling", "calls", "rows", "verdict")
    rows = "".join(_tr("td", _cells(row, report)) for row in report.rows)
    title = html.escape(f"vmapify profile -- {report.command}")
    style = (
        "body{font-family:sans-serif;margin:2em}td,th{padding:.3em .8em;text-align:left;border-bottom:1px solid #ccc}"
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{style}</style>"
        f"<h1>{title}</h1><p>{html.escape(_summary(report))}</p><table>{_tr('th', head)}{rows}</table></html>\n"
    )


def _cells(row: ProfileRow, report: ProfileReport) -> tuple[str, ...]:
    place = " ".join(filter(None, (spot(row.finding.path, row.cell, row.line), row.finding.function)))
    share = f"{100 * row.seconds / max(report.seconds, 1e-9):.0f} %"
    spent = duration(row.seconds), duration(row.compiling)
    return place, share, *spent, str(row.calls), str(row.rows), verdict(row)


def _tr(tag: str, cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
