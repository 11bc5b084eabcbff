"""Is what we write as fast as what an expert wrote, and how much faster than the loop? All in turns, in one run.

    python benchmarks/written_code.py cases.jsonl                    # every positive pair of a catalogue
    python benchmarks/written_code.py cases.jsonl --only P001,P014   # some of them
    python benchmarks/written_code.py cases.jsonl --table benchmarks/written_code.md
    python benchmarks/written_code.py bench.json… --table …          # what `vmapify bench --output-format json` wrote

Each line of a catalogue holds `id`, `kind`, `before`, `after`, `entry` and `args`, as for cases_verdicts.py. Loop, our rewrite
and the expert's `after` are called in turns, on the arguments of the case and on 128 rows, and ours and the expert's inside
`jax.jit` as well; the figures are medians. Where ours seems to be slower by more than a twentieth, all is measured again with
more rounds, and the second figure counts: on a machine that does other things, too, single figures wander.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import numpy as np
from cases_verdicts import load

from vmapify.pipeline.merge_edits import compatible
from vmapify.pipeline.rewriting import Rewritten, rewrite_file
from vmapify.report.units import duration, times
from vmapify.rewrite import analyze
from vmapify.source import SourceFile
from vmapify.verify.worker.functions import RESULT, guessed_lanes
from vmapify.verify.worker.observe import observe
from vmapify.verify.worker.pair import Pair, batch_size
from vmapify.verify.worker.sizes import followed, with_rows
from vmapify.verify.worker.stopwatch import in_turns
from vmapify.verify.worker.versions import Eager, Failed, Jitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmapify.verify.worker.observe import Outcome

    Inputs = dict[str, Any]
    Call = Callable[[Inputs], Inputs]

ROWS = 128
SECONDS, LONGER = 0.4, 2.0
ODD = 1.05
SLOW = 0.5
"""Seconds of a loop beyond which it is not run on so many rows."""
NAMES = ("loop", "ours", "expert")


@dataclass(frozen=True, slots=True)
class Figures:
    """Median seconds of each version in one setting; the loop is not run inside ``jax.jit``."""

    case: str
    setting: str
    same: bool
    seconds: dict[str, float]

    @property
    def ratio(self) -> float:
        """Ours to the expert's."""
        return self.seconds["ours"] / self.seconds["expert"]

    @property
    def speedup(self) -> float | None:
        """The loop to ours."""
        return self.seconds["loop"] / self.seconds["ours"] if "loop" in self.seconds else None


def ours(case: dict[str, Any]) -> str | None:
    """What `vmapify fix` would write; None where it finds nothing to rewrite."""
    source = SourceFile(f"/tmp/{case['id']}.py", case["before"].encode())
    findings, _ = compatible([finding for finding in analyze(source, ()) if finding.verdict == "rewrite"])
    result = rewrite_file(source, findings, Path("/tmp")) if findings else None
    return result.new.decode() if isinstance(result, Rewritten) else None


def call(function: Any, inputs: Inputs) -> Inputs:
    return {RESULT: function(*inputs["args"], **inputs["kwargs"])}


def measured(case: dict[str, Any]) -> Iterator[Figures]:
    """The figures of one case; nothing where we write nothing."""
    text = ours(case)
    if text is None:
        return
    texts = dict(zip(NAMES, (case["before"], text, case["after"]), strict=True))
    modules = {name: load(f"{case['id']}_{name}", source) for name, source in texts.items()}
    calls = {name: functools.partial(call, getattr(module, case["entry"])) for name, module in modules.items()}
    inputs = {"args": eval(case["args"][0], modules["loop"].__dict__), "kwargs": {}}
    same = text.strip() == case["after"].strip()
    for setting, sized in sizes(calls["loop"], inputs):
        for mode, kind, wanted in (("", Eager, NAMES), (", jit", Jitted, NAMES[1:])):
            seconds = timed(kind, {name: calls[name] for name in wanted}, sized)
            if seconds is not None:
                yield Figures(case["id"], setting + mode, same, seconds)


def sizes(loop: Call, inputs: Inputs) -> Iterator[tuple[str, Inputs]]:
    """The inputs as they come, and with more rows, where the loop takes them."""
    first = observe(loop, inputs)
    if first.error is not None or first.refused:
        return
    count = rows_of(first, inputs)
    yield "as given" if count is None else f"n={count}", inputs
    if count and observe(loop, inputs).seconds * (ROWS / count) < SLOW:
        larger = with_rows(inputs, count, np.arange(ROWS) % count)
        again = observe(loop, larger)
        quick = again.error is None and not again.refused and again.seconds < 10 * SLOW
        if quick and followed(first, again, count, ROWS):
            yield f"n={ROWS}", larger


def rows_of(first: Outcome, inputs: Inputs) -> int | None:
    """How many rows the loop runs over: the results and an argument agree on it, else the most frequent leading axis."""
    leading = [np.shape(leaf)[0] for leaf in jax.tree.leaves(inputs["args"]) if np.ndim(leaf)]
    lanes = guessed_lanes(first.values[RESULT], inputs)
    found = batch_size(Pair(_unused, _unused, lanes), first)
    if found in leading:
        return found
    return max(leading, key=leading.count) if leading else None


def _unused(inputs: Inputs) -> Inputs:
    return inputs


def timed(kind: Any, calls: dict[str, Call], inputs: Inputs) -> dict[str, float] | None:
    """Median seconds by version; None if one of them does not run like this."""
    try:
        versions = {name: kind(call, inputs) for name, call in calls.items()}
        for version in versions.values():
            version()
        found = medians(versions, SECONDS)
        return medians(versions, LONGER) if found["ours"] > ODD * found["expert"] else found
    except Failed:
        return None


def medians(versions: dict[str, Any], seconds: float) -> dict[str, float]:
    found = in_turns(list(versions.values()), seconds, most=int(400 * seconds))
    return dict(zip(versions, map(statistics.median, found), strict=True))


def sites(path: Path) -> Iterator[str]:
    """A line of a table for each measured site in the JSON of `vmapify bench`."""
    for result in json.loads(path.read_text(encoding="utf-8"))["results"]:
        place = "/".join(Path(result["path"]).parts[-3:])
        for row in result["measurements"]:
            if row["speedup"] is not None:
                cells = [f"{place}:{result['line']} {result['function']}", row["mode"], str(row["batch_size"])]
                for time_of in ("first", "steady"):
                    cells += [duration(row[version][time_of]) for version in ("loop", "rewrite")]
                yield f"| {' | '.join([*cells, times(row['speedup']['steady'])])} |"


def lines(figures: list[Figures]) -> Iterator[str]:
    """A table of all figures, after what they come to."""
    yield from summary(figures)
    yield ""
    yield "| case | setting | loop | ours | expert | loop / ours | ours / expert | text |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in figures:
        seconds = [duration(one.seconds[name]) if name in one.seconds else "" for name in NAMES]
        faster = "" if one.speedup is None else times(one.speedup)
        cells = [one.case, one.setting, *seconds, faster, f"{one.ratio:.2f}", "same" if one.same else "differs"]
        yield f"| {' | '.join(cells)} |"


def summary(figures: list[Figures]) -> Iterator[str]:
    for title, chosen in (
        ("text the same as the expert's", [one for one in figures if one.same]),
        ("text differs", [one for one in figures if not one.same]),
    ):
        ratios = sorted(one.ratio for one in chosen)
        if ratios:
            within = sum(ratio <= ODD for ratio in ratios)
            yield (
                f"- ours / expert, {title}: {len(ratios)} figures, median {statistics.median(ratios):.2f}, "
                f"{within} within 1.05, largest {ratios[-1]:.2f}"
            )
    for wanted, title in ((False, "on the arguments of the cases (3 to 8 rows, mostly)"), (True, f"on {ROWS} rows")):
        gains = sorted(
            one.speedup for one in figures if one.speedup is not None and (one.setting == f"n={ROWS}") is wanted
        )
        if gains:
            slower = sum(gain < 0.9 for gain in gains)
            yield (
                f"- loop / ours, {title}: {len(gains)} figures, median {times(statistics.median(gains))}, "
                f"smallest {times(gains[0])}, largest {times(gains[-1])}; below 0.9 in {slower}"
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    figures: list[Figures] = []
    found: list[str] = []
    start = time.monotonic()
    for file in options.files:
        if file.suffix == ".json":
            found += sites(file)
            continue
        cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for case in cases:
            if case["kind"] == "positive" and (not options.only or case["id"] in options.only.split(",")):
                jax.config.update("jax_enable_x64", bool(case.get("x64")))
                figures += measured(case)
                print(f"{time.monotonic() - start:6.0f} s {case['id']}", file=sys.stderr, flush=True)
    text = "\n".join([*(lines(figures) if figures else ()), *found]) + "\n"
    if options.table:
        options.table.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
