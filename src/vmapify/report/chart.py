"""The plot of ``bench --report``: seconds of a steady call over batch sizes, one drawing a site, in SVG."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.report.bench import NOTE, table, title
from vmapify.report.units import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.diagnostic import Measurement, Timing
    from vmapify.report.bench import BenchReport, BenchResult

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 470, 30, 300
LINES = (
    ("eager", "loop", "#c0392b", ""),
    ("eager", "vmap", "#2471a3", ""),
    ("jit", "loop", "#c0392b", "5 4"),
    ("jit", "vmap", "#2471a3", "5 4"),
)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Logarithmic from ``low`` to ``high`` onto pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        part = (math.log10(value) - math.log10(self.low)) / max(math.log10(self.high / self.low), 1e-9)
        return self.start + part * (self.end - self.start)

    def decades(self) -> Iterator[float]:
        """The powers of ten within."""
        for exponent in range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1):
            yield 10.0**exponent


def render_chart(report: BenchReport, *, html: bool) -> str:
    """One document with all drawings; as HTML with the tables below them."""
    measured = [result for result in report.results if result.verification.measurements]
    drawings = [_drawing(result) for result in measured]
    if html:
        return _page(measured, drawings)
    moved = (f'<g transform="translate(0 {HEIGHT * row})">{drawing}</g>' for row, drawing in enumerate(drawings))
    return _svg("\n".join(moved), HEIGHT * max(len(drawings), 1)) + "\n"


def _page(measured: Sequence[BenchResult], drawings: Sequence[str]) -> str:
    parts = ['<!doctype html><meta charset="utf-8"><title>vmapify bench</title>']
    parts.append("<style>body{font-family:sans-serif;margin:2em}pre{font-size:.9em}</style>")
    for result, drawing in zip(measured, drawings, strict=True):
        lines = "\n".join(table(result.verification.measurements))
        parts.append(f"{_svg(drawing, HEIGHT)}<pre>{html.escape(lines)}</pre>")
    return "\n".join([*parts, f"<p>{NOTE}</p>", ""])


def _svg(content: str, height: int) -> str:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n{content}\n</svg>'


def _drawing(result: BenchResult) -> str:
    rows = result.verification.measurements
    curves = {line: _points(rows, *line[:2]) for line in LINES}
    points = [point for curve in curves.values() for point in curve]
    head = f'<text x="{LEFT}" y="18" font-weight="bold">{html.escape(title(result))}</text>'
    if not points:
        return head
    x = _Scale(min(p[0] for p in points), max(*(p[0] for p in points), 10.0), LEFT, RIGHT)
    y = _Scale(_floor(min(p[1] for p in points)), _ceiling(max(p[1] for p in points)), BOTTOM, TOP)
    parts = [head, *_axes(x, y)]
    for place, ((mode, name, colour, dashes), curve) in enumerate(curves.items()):
        parts += _curve(f"{name}, {mode}", colour, dashes, [(x(a), y(b)) for a, b in curve], place)
    return "\n".join(parts)


def _points(rows: Sequence[Measurement], mode: str, name: str) -> list[Point]:
    timed: list[tuple[int | None, Timing | None]] = [
        (row.batch_size, row.loop if name == "loop" else row.rewrite) for row in rows if row.mode == mode
    ]
    return [(size, max(timing.steady, 1e-9)) for size, timing in timed if size and timing is not None]


def _floor(value: float) -> float:
    return float(10.0 ** math.floor(math.log10(value)))


def _ceiling(value: float) -> float:
    return float(10.0 ** math.ceil(math.log10(value) + 1e-6))


def _axes(x: _Scale, y: _Scale) -> Iterator[str]:
    for value in y.decades():
        yield f'<path d="M{LEFT} {y(value):.1f}H{RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{duration(value).replace(".0 ", " ")}</text>'
    for value in x.decades():
        yield f'<path d="M{x(value):.1f} {TOP}V{BOTTOM}" stroke="#eee"/>'
        yield f'<text x="{x(value):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{value:.0f}</text>'
    yield f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 32}" text-anchor="middle">batch size</text>'


def _curve(name: str, colour: str, dashes: str, points: Sequence[Point], place: int) -> Iterator[str]:
    """A line with its entry in the key; nothing for a version that was not timed."""
    if not points:
        return
    style = f'stroke="{colour}" stroke-width="2" fill="none"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
    yield f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" {style}/>'
    yield from (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points)
    height = TOP + 14 + 18 * place
    yield f'<path d="M{RIGHT + 20} {height}h28" {style}/>'
    yield f'<text x="{RIGHT + 54}" y="{height + 4}">{name}</text>'
