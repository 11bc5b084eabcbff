"""Workflow commands: annotations on the lines of a pull request on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.message import advice, message
from vmapify.report.place import bounds, in_cell, on_disk

if TYPE_CHECKING:
    from vmapify.diagnostic import Problem
    from vmapify.report.model import Report
    from vmapify.report.render import View


def render_github(report: Report, view: View) -> str:
    """One command a finding and one a problem."""
    lines = []
    for finding in view.shown(report):
        (line, column), (end_line, end_column) = on_disk(report.sources[finding.path], finding.loop)
        level = "notice" if finding.asks_for_nothing or finding.suppressed else "warning"
        place = f"file={_property(finding.path)},line={line},col={column},endLine={end_line}"
        place += f",endColumn={end_column}" if end_line == line else ""
        where = in_cell(finding.cell, bounds(report, finding)[0][0])
        text = where + "\n".join([message(finding), *advice(finding)])
        lines.append(f"::{level} title=vmapify ({finding.code}),{place}::{_data(text)}")
    return "".join(f"{line}\n" for line in [*lines, *map(_error, (*report.problems, *report.notes))])


def _error(problem: Problem) -> str:
    line = f",line={problem.line}" if problem.line and problem.cell is None else ""
    text = in_cell(problem.cell, problem.line) + problem.message
    return f"::{'notice' if problem.is_note else 'error'} title=vmapify,file={_property(problem.path)}{line}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
