"""One self-contained page: every verdict with both texts side by side and the evidence behind it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify import __version__
from vmapify.report.evidence import left_out, speed_of
from vmapify.report.fix_lines import subject
from vmapify.report.place import spot_of
from vmapify.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.diagnostic import Finding, Problem, Verification
    from vmapify.report.model import Report
    from vmapify.report.verification import VerifyReport

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1e8449; --bad: #c0392b; --open: #b9770e; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; }
section { border: 1px solid var(--line); border-radius: 8px; margin: 1.5em 0; padding: 0 1em 1em; }
h2 { font-size: 1.05em; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
b.verdict { color: #fff; border-radius: 4px; padding: .1em .5em; margin-right: .6em; font-family: system-ui, sans-serif; }
.good { background: var(--good); } .bad { background: var(--bad); } .open { background: var(--open); }
.texts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22em, 1fr)); gap: 1em; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .7em; overflow-x: auto; font-size: 13px; }
h3 { font-size: .85em; margin: .8em 0 -.5em; opacity: .7; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 600; padding-right: 1.5em; vertical-align: top; }
th, td { padding-top: .15em; } p.why { margin: .3em 0 .6em; }
"""
CLASSES = {"identical": "good", "equivalent": "good", "different": "bad", "precision-changed": "bad"}
MEANINGS = {
    "first": "first difference",
    "loop": "error of the loop against float64",
    "vmap": "error of the rewrite against float64",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What is said of one rewrite: its name, both texts, the evidence, and a clause on what became of it."""

    title: str
    before: str
    after: str
    verification: Verification | None
    remark: str


def escape(text: str) -> str:
    """``text`` as HTML shows it, its control characters made visible."""
    return html.escape(visible(text))


def fix_page(report: Report) -> str:
    """The page of ``fix``."""
    cards = [
        Card(
            subject(one.finding, report),
            *_texts(one.finding),
            one.finding.verification,
            f"{one.state}: {one.why}".rstrip(": "),
        )
        for one in report.outcomes
    ]
    return _page("vmapify fix", cards, report.problems)


def verify_page(report: VerifyReport) -> str:
    """The page of ``verify``."""
    cards = [
        Card(f"{one.path} {one.function}", one.before, one.after, one.verification, "; ".join(one.compared()))
        for one in report.results
    ]
    return _page("vmapify verify", cards, report.problems)


def _texts(finding: Finding) -> tuple[str, str]:
    return (
        ("", finding.replacement or "")
        if finding.site is None
        else (finding.site.before.strip("\n"), finding.site.after.strip("\n"))
    )


def _page(title: str, cards: Sequence[Card], problems: Sequence[Problem]) -> str:
    counts: dict[str, int] = {}
    for card in cards:
        counts[_verdict(card)] = counts.get(_verdict(card), 0) + 1
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "Nothing was judged."
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>',
        f"<h1>{escape(title)}</h1><p>{escape(summary)} <small>(vmapify {__version__})</small></p>",
        *(_section(card) for card in cards),
        *(f"<p><b>{escape(spot_of(problem))}</b>: {escape(problem.message)}</p>" for problem in problems),
    ]
    return "\n".join(parts) + "\n</html>\n"


def _verdict(card: Card) -> str:
    return card.verification.verdict if card.verification else "not run"


def _section(card: Card) -> str:
    verdict = _verdict(card)
    rows = "".join(f"<tr><th>{escape(name)}<td>{escape(value)}" for name, value in _rows(card) if value)
    texts = "".join(
        f"<div><h3>{name}</h3><pre><code>{escape(text)}</code></pre></div>"
        for name, text in (("before", card.before), ("after", card.after))
    )
    return (
        f'<section><h2><b class="verdict {CLASSES.get(verdict, "open")}">{verdict}</b>{escape(card.title)}</h2>'
        f'<div class="texts">{texts}</div><table>{rows}</table></section>'
    )


def _rows(card: Card) -> Iterator[tuple[str, str]]:
    """The evidence as a table; what is not known is left out."""
    found = card.verification
    if found is not None:
        yield "why", found.reason
        yield MEANINGS["first"], found.example or ""
        yield MEANINGS["loop"], _number(found.max_error_loop)
        yield MEANINGS["vmap"], _number(found.max_error_vmap)
        yield "inputs", found.inputs or ""
        yield "rows", ", ".join(map(str, found.batch_sizes))
        yield "device", " ".join(filter(None, (found.device, found.device_kind)))
        yield "JAX", found.jax or ""
        precision = f"{found.matmul_precision}, 64-bit types {'on' if found.enable_x64 else 'off'}"
        yield "precision", precision if found.matmul_precision else ""
        yield "gain", speed_of(found)
        yield "not done", left_out(found.skipped)
    yield "outcome", card.remark


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
