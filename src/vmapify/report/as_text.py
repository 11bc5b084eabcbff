"""For people: each loop with its place, the lines it is about, what to write instead, and why (not)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report import wording
from vmapify.report.message import asked, message, told, untold, where
from vmapify.report.place import bounds, spot, spot_of
from vmapify.report.summary import statistics, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.diagnostic import Finding, Problem
    from vmapify.report.model import Report
    from vmapify.report.render import View
    from vmapify.report.style import Style
    from vmapify.report.summary import Count


def render_text(report: Report, view: View) -> str:
    """Excerpts and advice for ``check``; the diff and one line a loop for ``fix``."""
    if report.command == "fix":
        from vmapify.report.fix_lines import fix_lines  # noqa: PLC0415 - `check` has none

        diff = view.style.diff(report.diff)
        blocks = [diff + "\n" if diff else "", *fix_lines(report, view)]
    else:
        blocks = ["\n".join(_block(finding, report, view.style)) for finding in view.shown(report)]
        blocks = [f"{block}\n\n" for block in blocks]
    return _assemble(blocks, report, view)


def render_concise(report: Report, view: View) -> str:
    """One line a finding."""
    if report.command == "fix":
        from vmapify.report.fix_lines import fix_lines  # noqa: PLC0415 - `check` has none

        lines = fix_lines(report, view)
    else:
        lines = [_headline(finding, message(finding), report, view.style) for finding in view.shown(report)]
    return _assemble(lines, report, view)


def _assemble(blocks: list[str], report: Report, view: View) -> str:
    parts = [block for block in blocks if block and not view.statistics]
    parts += [problem_line(problem, view.style) for problem in (*report.notes, *report.problems)]
    if view.statistics:
        parts += [_counted(one) for one in statistics(report, view)]
    if not view.quiet:
        parts.append(summary(report, hint=not view.show_blocked, listed=view.show_open or view.show_blocked))
    return "".join(part if part.endswith("\n\n") else part.rstrip("\n") + "\n" for part in parts)


def _counted(one: Count) -> str:
    return f"{one.count:>5}\t{one.code}\t" + (one.name if one.reason is None else f"{one.verdict}: {one.reason}")


def problem_line(problem: Problem, style: Style) -> str:
    """``path:line: error: message``."""
    grade = style.dim("note:") if problem.is_note else style.red("error:")
    return f"{style.bold(spot_of(problem))}: {grade} {problem.message}"


def _headline(finding: Finding, text: str, report: Report, style: Style) -> str:
    """``path:line:column: CODE [grade] text``."""
    line, column = bounds(report, finding)[0]
    place = style.bold(f"{spot(finding.path, finding.cell, line, column)}:")
    return " ".join(part for part in (place, style.red(finding.code), _grade(finding, style), text) if part)


def _grade(finding: Finding, style: Style) -> str:
    if finding.suppressed:
        return style.dim("[suppressed]")
    if finding.verdict == "blocked":
        return style.yellow("[blocked: " + ", ".join(reason.code for reason, _ in told(finding)) + "]")
    if finding.verdict == "open":
        return style.yellow("[open: " + ", ".join(dict.fromkeys(one.code for one in finding.questions)) + "]")
    if finding.verdict == "comment":
        return ""
    paint = style.green if finding.applicability == "safe" else style.yellow
    return paint(f"[{finding.applicability}]")


def _block(finding: Finding, report: Report, style: Style) -> Iterator[str]:
    titles = {"blocked": f"{finding.name} that must stay a loop", "open": f"{finding.name} that only a run can judge"}
    text = titles.get(finding.verdict) or message(finding)
    yield _headline(finding, text, report, style)
    from vmapify.report.excerpt import excerpt  # noqa: PLC0415 - only for what is shown

    yield from excerpt(finding, report.sources[finding.path], style)
    for reason, more in told(finding):
        yield _note(style, "because", f"{where(reason, finding)}: {wording.message(reason)}")
        if more:
            yield _note(style, "as well", more)
        yield _note(style, "instead", wording.advice(reason))
    rest = untold(finding)
    if rest:
        yield _note(style, "besides", rest)
    for question in finding.questions:
        yield _note(style, "asks", f"{asked(question, finding)} [{question.code}]")
    for change in finding.changes:
        yield _note(style, "changes", f"{wording.message(change)} [{change.code}]")
    for assumption in finding.assumptions:
        yield _note(style, "assumes", f"{wording.message(assumption)} [{assumption.code}]")


def _note(style: Style, label: str, text: str) -> str:
    """A labelled note; the lines of ``text`` stand under each other."""
    first, *rest = text.rstrip("\n").split("\n")
    indent = " " * 6
    lines = [f"{indent}{style.dim('=')} {style.cyan(label + ':')} {first}"]
    return "\n".join([*lines, *(f"{indent}  {' ' * (len(label) + 1)} {line}" for line in rest)])
