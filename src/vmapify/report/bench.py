"""The report of ``bench``: for each site its verdict and a table of times."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify import __version__
from vmapify.report.as_json import SCHEMA, problem_json, verification_json
from vmapify.report.as_text import problem_line
from vmapify.report.evidence import evidence
from vmapify.report.place import spot
from vmapify.report.units import duration, size, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Measurement, Problem, Timing, Verification
    from vmapify.report.style import Style

HEAD = (
    ("", "", "first call", "", "steady state", "", "", "memory", ""),
    ("", "n", "loop", "vmap", "loop", "vmap", "ratio", "loop", "vmap"),
)
NOTE = (
    "Times are medians of interleaved runs, ± half the quartile range; the first call includes tracing and compiling, "
    "with nothing compiled before. Memory is that of the compiled program; eagerly, what is held at once at most."
)


@dataclass(frozen=True, slots=True)
class BenchResult:
    """A site with its table; ``code``, ``line`` and ``cell`` are None for two versions of a function."""

    path: str
    function: str | None
    verification: Verification
    code: str | None = None
    line: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What ``bench`` found out, and what kept it from more."""

    results: tuple[BenchResult, ...] = ()
    problems: tuple[Problem, ...] = ()


def render_bench(report: BenchReport, *, as_json: bool, style: Style) -> str:
    """JSON, or one table a site."""
    if as_json:
        return _json(report)
    blocks = [_block(result, style) for result in report.results]
    blocks += [problem_line(problem, style) for problem in report.problems]
    if any(result.verification.measurements for result in report.results):
        blocks.append(NOTE)
    return "\n\n".join(blocks or ["Nothing to measure."]) + "\n"


def title(result: BenchResult) -> str:
    """Which loop or function it is."""
    place = result.path if result.line is None else spot(result.path, result.cell, result.line)
    return " ".join(part for part in (result.code, place, result.function) if part)


def _block(result: BenchResult, style: Style) -> str:
    lines = [f"{style.bold(title(result))}: " + " · ".join(evidence(result.verification))]
    measured = result.verification.measurements
    if measured:
        lines += [f"  {line}" for line in table(measured)]
        lines += [f"  {note}" for note in _notes(measured)]
    return "\n".join(lines)


def table(measured: Sequence[Measurement]) -> list[str]:
    """The lines of a table with aligned columns; a row for each size and mode of which something was timed."""
    rows: list[Sequence[str]] = [*HEAD]
    for mode in ("eager", "jit"):
        own = [row for row in measured if row.mode == mode and (row.loop or row.rewrite)]
        rows += [_cells(row, mode if index == 0 else "") for index, row in enumerate(own)]
    widths = [max(len(row[column]) for row in rows[1:]) for column in range(len(HEAD[0]))]
    return [_aligned(row, widths) for row in rows]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers to the right, except for the first column and the headings above two of them."""
    if not row[1]:
        wide = [row[2].center(widths[2] + 2 + widths[3]), row[4].center(widths[4] + 2 + widths[5])]
        memory = row[7].center(widths[7] + 2 + widths[8])
        cells = [" " * widths[0], " " * widths[1], *wide, " " * widths[6], memory]
        return "  ".join(cells).rstrip()
    first = row[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]).rstrip()


def _cells(row: Measurement, mode: str) -> tuple[str, ...]:
    speedup = row.speedup
    return (
        mode,
        "-" if row.batch_size is None else str(row.batch_size),
        _first(row.loop),
        _first(row.rewrite),
        _steady(row.loop),
        _steady(row.rewrite),
        "-" if speedup is None else times(speedup.steady),
        _memory(row.loop),
        _memory(row.rewrite),
    )


def _first(timing: Timing | None) -> str:
    return "-" if timing is None or timing.first is None else duration(timing.first)


def _steady(timing: Timing | None) -> str:
    if timing is None:
        return "-"
    spread = "" if timing.runs < 3 else f" ±{50 * (timing.high - timing.low) / max(timing.steady, 1e-9):.0f}%"
    return duration(timing.steady) + spread


def _memory(timing: Timing | None) -> str:
    return "-" if timing is None or timing.memory is None else size(timing.memory)


def _notes(measured: Sequence[Measurement]) -> list[str]:
    """What was not measured and why; one line for what all sizes have in common."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in measured:
        for reason in filter(None, row.skipped.split("; ")):
            found.setdefault((row.mode, reason), []).append(str(row.batch_size))
    return [f"{mode}, n={', '.join(sizes)}: {reason}" for (mode, reason), sizes in found.items()]


def _json(report: BenchReport) -> str:
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "results": [_result(result) for result in report.results],
        "errors": [problem_json(problem) for problem in report.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _result(result: BenchResult) -> dict[str, Any]:
    place = {name: getattr(result, name) for name in ("path", "cell", "line", "code", "function")}
    measured = [_measurement(row) for row in result.verification.measurements]
    verdict = verification_json(result.verification) or {}
    return {**place, **verdict, "measurements": measured}


def _measurement(row: Measurement) -> dict[str, Any]:
    ratios = row.speedup
    speedup = None if ratios is None else {"first_call": ratios.first_call, "steady": ratios.steady}
    return {**dataclasses.asdict(row), "speedup": speedup}
