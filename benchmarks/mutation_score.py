"""Mutation score of the verifier: how many wrong rewrites it refuses.

    python benchmarks/mutation_score.py                         # the loops of mutation_subjects.py
    python benchmarks/mutation_score.py --cases cases.jsonl     # and the positive pairs of a catalogue
    python benchmarks/mutation_score.py --only affine,steps -v  # some subjects, a line for each mutant
    python benchmarks/mutation_score.py --part 2/4 --save rows2.jsonl          # the second quarter of the subjects
    python benchmarks/mutation_score.py --merge rows?.jsonl --table benchmarks/mutation_score.md

Each right rewrite is turned into wrong ones (``mutation_operators.py``). A mutant counts if it really differs from
the loop on the arguments, which ``mutation_truth.py`` finds out by running both without the verifier. Right
rewrites are judged too. Exit 1 if a mutant that differs is accepted or a right rewrite is called different.
"""

from __future__ import annotations

import argparse
import ast
import collections
import inspect
import itertools
import json
import os
import sys
import textwrap
import time
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import mutation_operators as operators
import mutation_subjects as subjects
import parts
from cases_verdicts import HELPERS, load
from mutation_truth import Truth

from vmapify.verify.worker.attempt import attempt
from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCEPTED = {"identical", "equivalent"}
VERDICTS = ("different", "precision-changed", "inconclusive", "named", "accepted")
"""``named``: equal, with a change besides values that is told, so that nothing is written."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One right pair on one set of arguments; ``source`` is that of the rewrite, ``space`` its globals."""

    name: str
    dtype: str
    loop: Callable[..., Any]
    right: Callable[..., Any]
    args: tuple[Any, ...]
    source: str
    entry: str
    space: dict[str, Any]

    @property
    def x64(self) -> bool:
        """Whether the arguments need 64-bit types."""
        return self.dtype in {"float64", "complex128", "int64"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant (``kind`` names what was done) or the right rewrite (``kind`` is empty), and its verdict."""

    subject: str
    dtype: str
    kind: str
    verdict: str
    reason: str
    text: str


def own_subjects(only: set[str]) -> Iterator[Subject]:
    for name, (dtypes, make) in subjects.SUBJECTS.items():
        if only and name not in only:
            continue
        loop, right = getattr(subjects, f"{name}_loop"), getattr(subjects, f"{name}_vmap")
        for dtype in dtypes:
            with jax.enable_x64(dtype in {"float64", "complex128", "int64"}):
                args = make(dtype)
            source = textwrap.dedent(inspect.getsource(right))
            yield Subject(name, dtype, loop, right, args, source, right.__name__, vars(subjects))


def case_subjects(path: Path, only: set[str]) -> Iterator[Subject]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["kind"] != "positive" or case.get("x64") or (only and case["id"] not in only):
            continue
        before = load(f"{case['id']}_before", case["before"])
        after = load(f"{case['id']}_after", case["after"])
        loop, right = (getattr(module, case["entry"]) for module in (before, after))
        args = eval(case["args"][0], before.__dict__)
        yield Subject(case["id"], "case", loop, right, args, case["after"], case["entry"], HELPERS)


def mutants(subject: Subject) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """What was done, the text where it was done to the source, and the mutant."""
    for label, tree in operators.rewritten(ast.parse(subject.source)):
        module = types.ModuleType("mutant")
        module.__dict__.update({**subject.space, **operators.ROWS})
        _, error = attempt(lambda tree=tree, module=module: exec(compile(tree, "<mutant>", "exec"), module.__dict__))
        if error is None:
            yield label, ast.unparse(tree), getattr(module, subject.entry)
    for label, wrap in operators.disturbed():
        yield label, "", wrap(subject.right)


def judged(subject: Subject, after: Callable[..., Any], kind: str, text: str) -> Judged:
    pair = function_pair(subject.loop, after)
    inputs = {"args": subject.args, "kwargs": {}}
    report = judge_values(pair, inputs, "given", Budget(30.0), lambda _: None)
    accepted = "named" if report["changes"] else "accepted"
    verdict = accepted if report["verdict"] in ACCEPTED else report["verdict"]
    return Judged(subject.name, subject.dtype, kind, verdict, report["reason"], text)


def judge_subject(subject: Subject, every: int = 1) -> Iterator[Judged]:
    """The right rewrite first, then the mutants that differ: all of them, or one in so many."""
    with jax.enable_x64(subject.x64), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = Truth(subject.loop, subject.right, subject.args)
        if not truth.sound:
            yield Judged(subject.name, subject.dtype, "", "unsound", "the pair is not right on its arguments", "")
            return
        yield judged(subject, subject.right, "", "")
        for kind, text, mutant in itertools.islice(mutants(subject), 0, None, every):
            if truth.differs(mutant):
                yield judged(subject, mutant, kind, text)


def table(rows: list[Judged], by: str) -> list[str]:
    """A Markdown table of the mutants' verdicts by one of their fields."""
    tally: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row in rows:
        tally[getattr(row, by)][row.verdict] += 1
    lines = [f"| {by} | mutants | {' | '.join(VERDICTS)} |", "|---|" + "---|" * (len(VERDICTS) + 1)]
    for name, counts in sorted(tally.items()):
        lines.append(f"| {name} | {counts.total()} | " + " | ".join(str(counts[v]) for v in VERDICTS) + " |")
    return lines


def summary(rows: list[Judged], versions: str = jax.__version__) -> str:
    wrong = [row for row in rows if row.kind]
    right = collections.Counter(row.verdict for row in rows if not row.kind)
    refused = sum(row.verdict != "accepted" for row in wrong)
    score = refused / max(len(wrong), 1)
    return (
        f"jax {versions}: {refused} of {len(wrong)} mutants that really differ refused, mutation score "
        f"{score:.4f}; right rewrites: {', '.join(f'{count} {verdict}' for verdict, count in sorted(right.items()))}"
    )


def document(rows: list[Judged], versions: str) -> str:
    wrong = [row for row in rows if row.kind]
    title = [
        "# Mutation score of the verifier",
        "",
        "Wrong rewrites that really differ from their loop, and what the verifier says of them:",
        "`python benchmarks/mutation_score.py --cases CATALOGUE --table FILE`, on CPU.",
        "",
    ]
    return "\n".join([*title, summary(rows, versions), "", *table(wrong, "kind"), "", *table(wrong, "dtype"), ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=Path, help="a catalogue as for cases_verdicts.py; its positive pairs are used")
    parser.add_argument("--only", default="", help="names of subjects, separated by commas")
    parser.add_argument("--table", type=Path, help="write the table to this file")
    parser.add_argument("--every", type=int, default=1, help="judge one mutant in so many")
    parser.add_argument("-v", "--verbose", action="store_true")
    parts.options(parser)
    options = parser.parse_args()
    versions = jax.__version__
    if options.merge:
        rows, versions = parts.merged(options.merge, Judged)
    else:
        rows = run(options)
    print(summary(rows, versions))
    if options.table:
        options.table.write_text(document(rows, versions), encoding="utf-8")
    return any(r.verdict == "accepted" if r.kind else r.verdict in {"different", "unsound"} for r in rows)


def run(options: argparse.Namespace) -> list[Judged]:
    """Judge the subjects of the part; what is odd is told at once."""
    only = set(filter(None, options.only.split(",")))
    rows: list[Judged] = []
    wanted = itertools.chain(own_subjects(only), case_subjects(options.cases, only) if options.cases else ())
    for subject in parts.of_part(wanted, options.part):
        start, found = time.perf_counter(), list(judge_subject(subject, options.every))
        rows += found
        parts.save(options.save, found)
        jax.clear_caches()
        print(
            f"{subject.name} {subject.dtype}: {len(found) - 1} mutants, {time.perf_counter() - start:.1f} s", flush=True
        )
        for row in found:
            odd = row.verdict == "accepted" if row.kind else row.verdict != "accepted"
            if odd or options.verbose:
                print("  !!" if odd else "    ", row.kind or "right", row.verdict, row.reason, sep=" | ")
                if odd and row.text:
                    print(textwrap.indent(row.text, "        "))
    return rows


if __name__ == "__main__":
    sys.exit(main())
