"""Whether `safe` is true: generated programs, and what the rewrites that vmapify calls safe do to them.

    python benchmarks/safe_programs.py                                   # 10,000 programs, about 20 minutes
    python benchmarks/safe_programs.py --seed 7 --count 500 -v           # other programs, a line for each wrong one
    python benchmarks/safe_programs.py --slice 2/4 --save rows2.jsonl    # the second quarter
    python benchmarks/safe_programs.py --merge rows?.jsonl --table benchmarks/safe_programs.md
    python benchmarks/safe_programs.py --only 1234 --keep wrong          # one program, kept if it is wrong

A program is drawn from tables of ingredients (``benchmarks/programs``): what is looped over and how, what is computed from
each row and by what form of function, how results are gathered, objects with several names that are read and changed, where
the loop stands. Six of ten are what an expert would rewrite; the others have one or two ingredients meant to go wrong.

``vmapify check`` sees the programs, 250 in one run; where it offers rewrites, both versions are run in one child process and
compared: results, names of the module, printed text, warnings, exceptions; types, dtypes, weak types, shapes, order of axes in
memory, whether NumPy arrays can be written, identity of containers, and values up to rounding. Whether a rewrite is right is
measured so, not assumed. ``safe`` and different must not happen: exit 1 if it does.

Options:
    --seed N      other programs (default 1); a program depends on the seed and its number only
    --count N     how many (default 10,000)
    --slice K/N   every N-th program, from the K-th
    --only N,N    these numbers of the seed, whatever --count says
    --keep DIR    write each wrong program to DIR, as NAME.py and NAME.after.py
    --save FILE   add what came of each program, as JSON lines
    --merge FILE  run nothing: take what came of the programs from these files
    --table FILE  write the tables
    -v            tell each wrong program, with its ingredients, and where it differs
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import parts
from programs.generate import program, programs
from programs.judge import Child, Judged, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from programs.draft import Program

COUNT = 10_000
ABOUT = """\
# Generated programs

Programs that combine loops, objects, aliases, changes, callees, classes and collectors at random, and what vmapify offers
for them: `python benchmarks/safe_programs.py --table FILE`, on CPU. `safe and wrong` has to be 0 everywhere; `right and safe`
beside `right` says that it is not 0 because everything is refused. `offered` counts programs with rewrites, `right` those where
all rewrites together make no difference when both versions are run. The second table counts by kind of ingredient, the third by
ingredient: all those that programs without hostile ones have, and those of programs that are safe and wrong.
"""
HEADS = ("programs", "offered", "right", "graded safe", "right and safe", "safe and wrong")


def counts(rows: Iterable[Judged]) -> tuple[int, ...]:
    """One number for each of ``HEADS``."""
    listed = list(rows)
    measured = [row for row in listed if row.measured]
    right = [row for row in measured if row.right]
    safe = [row for row in measured if row.grade == "safe"]
    both = [row for row in right if row.grade == "safe"]
    return tuple(map(len, (listed, measured, right, safe, both, [row for row in measured if row.wrong])))


def summary(rows: list[Judged], versions: str) -> str:
    """The figures that matter, in a sentence or two."""
    total, offered, right, safe, both, wrong = counts(rows)
    plain = counts(row for row in rows if not row.hostile)
    share = f"{100 * plain[4] / max(plain[2], 1):.0f}"
    return (
        f"jax {versions}: {total} programs, {offered} with rewrites, {safe} graded safe, {wrong} safe and wrong. "
        f"Of {plain[0]} programs without hostile ingredients {plain[1]} have rewrites, {plain[2]} of them right; "
        f"{plain[4]} of the right ones are graded safe ({share} %). All programs: {right} right, {both} of them safe; "
        f"{sum(bool(row.unsteady) for row in rows)} could not be compared (the original differs from itself, or takes too long)."
    )


def line(name: str, rows: Iterable[Judged]) -> str:
    return f"| {name} | " + " | ".join(str(number or "") for number in counts(rows)) + " |"


def table(rows: list[Judged]) -> list[str]:
    """All programs, then by ingredient: all that plain programs have, and those that are in wrong programs."""
    by_name: dict[str, list[Judged]] = collections.defaultdict(list)
    for row in rows:
        for name in row.ingredients:
            by_name[name].append(row)
    heads = [f"| {' | '.join(('', *HEADS))} |", "|---|" + "---|" * len(HEADS)]
    lines = [*heads, line("all", rows)]
    for hostile in (False, True):
        title = "with hostile ingredients" if hostile else "without hostile ingredients"
        lines.append(line(title, [row for row in rows if row.hostile == hostile]))
    groups: dict[str, set[Judged]] = collections.defaultdict(set)
    for name, found in by_name.items():
        groups[name.partition(":")[0]] |= set(found)
    lines += ["", *heads, *(line(group, groups[group]) for group in sorted(groups)), "", *heads]
    plain = {name for row in rows if not row.hostile for name in row.ingredients}
    shown = [name for name in sorted(by_name) if name in plain or any(row.wrong for row in by_name[name])]
    return [*lines, *(line(name, by_name[name]) for name in shown)]


def keep(folder: Path | None, one: Program, judged: Judged, after: str) -> None:
    """Write both versions of a wrong program, with what is known of it in the first lines."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    about = [f"# {judged.safe_differs}", *(f"# {name}" for name in judged.ingredients)]
    head = "\n".join(about).replace("\x00", "") + "\n"
    (folder / f"{one.name}.py").write_text(head + one.text, encoding="utf-8")
    (folder / f"{one.name}.after.py").write_text(head + after, encoding="utf-8")


def run(options: argparse.Namespace) -> list[Judged]:
    """Judge the programs; what is wrong is told at once."""
    if options.only:
        wanted: Iterable[Program] = [program(options.seed, int(number)) for number in options.only.split(",")]
    else:
        wanted = programs(options.seed, options.count, options.slice)
    rows: list[Judged] = []
    start = time.monotonic()
    with Child() as child:
        for one, judged, after in judge(wanted, child):
            rows.append(judged)
            parts.save(options.save, [judged])
            if judged.wrong:
                keep(options.keep, one, judged, after)
            if options.verbose and judged.wrong:
                print(one.name, "; ".join(judged.ingredients), judged.safe_differs, sep=" | ", flush=True)
            if len(rows) % 1000 == 0:
                print(f"{len(rows)} programs, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Judge, tell, and write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--slice", type=parts.part, default=(1, 1), metavar="K/N")
    parser.add_argument("--only", default="", metavar="N,N")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--save", type=Path, metavar="FILE")
    parser.add_argument("--merge", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--table", type=Path, metavar="FILE")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    versions = jax.__version__
    if options.merge:
        listed, versions = parts.merged(options.merge, Judged)
        rows = [dataclasses.replace(row, ingredients=tuple(row.ingredients)) for row in listed]
    else:
        rows = run(options)
    said = summary(rows, versions)
    print(said)
    if options.table:
        options.table.write_text("\n".join([ABOUT, said, "", *table(rows), ""]), encoding="utf-8")
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
