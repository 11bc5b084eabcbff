"""How long the language server takes after a keystroke: `python benchmarks/editor_speed.py FILE...`

Types a comment at the end of some lines of each file, as an editor would, and measures the processor time of two steps: the look
at what has changed, which shows findings, and the look at all of the text, which follows. Prints medians and the longest, and
fails where the first step showed anything else than the second.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vmapify.cli.main import RARELY
from vmapify.server.analyst import Analyst
from vmapify.server.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.server.analyst import Analysis

T = TypeVar("T")
PLACES = 20


def main() -> None:
    """Measure the files that are named."""
    gc.set_threshold(RARELY, 5, 5)
    print(
        f"{'lines':>6} {'loops':>6} {'changed part: median':>21} {'longest':>8} {'all: median':>12} {'longest':>8}  file"
    )
    wrong = 0
    for path in sys.argv[1:]:
        wrong += _measure(Path(path).resolve())
    sys.exit(1 if wrong else 0)


def _measure(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    analyst, document = Analyst([str(path.parent)]), Document(path.as_uri(), str(path), 1, encoding="utf-16")
    document.put(document.uri, text)
    lines = text.split("\n")
    last = _whole(analyst, document)
    first, second, wrong = [], [], 0
    for count in range(PLACES):
        changed = _typed(lines, count * len(lines) // PLACES)
        document.put(document.uri, "\n".join(changed))
        snapshot = document.snapshot()
        seconds, seen = _timed(lambda: analyst.glance(snapshot, last, lambda: True, blocked=True))  # noqa: B023
        more, whole = _timed(lambda: _whole(analyst, document))
        second.append(more)
        first.append(more if seen is None else seconds)
        wrong += seen is not None and _told(seen) != _told(whole)
    print(
        f"{len(lines):6} {len(last.result.findings):6} {_ms(statistics.median(first)):>21} {_ms(max(first)):>8}"
        f" {_ms(statistics.median(second)):>12} {_ms(max(second)):>8}  {path.name}"
    )
    return wrong


def _whole(analyst: Analyst, document: Document) -> Analysis:
    return analyst.look(document.snapshot(), lambda: True, blocked=True)


def _typed(lines: list[str], line: int) -> list[str]:
    """The lines with a comment at the end of the first one from ``line`` on that can have it."""
    fit = (at for at in [*range(line, len(lines)), *range(line)] if lines[at].rstrip().endswith((")", "]", "0", "1")))
    place = next(fit, None)
    return [f"{one}  # typed" if at == place else one for at, one in enumerate(lines)]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def _told(analysis: Analysis) -> list[object]:
    return [(one.code, one.verdict, one.loop, [(r.code, r.line) for r in one.reasons]) for one in analysis.findings]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
