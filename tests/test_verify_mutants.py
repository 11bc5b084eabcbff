"""A sample of the mutation benchmark: right rewrites are accepted, wrong ones refused."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import mutation_score
import parts

SAMPLE = {
    ("affine", "float32"),
    ("filled", "bfloat16"),
    ("winners", "int32"),
    ("split", "key"),
    ("written", "float32"),
    ("rotated", "complex64"),
}
EVERY = 6
"""One mutant in so many is judged here; ``python benchmarks/mutation_score.py`` judges all."""
SUBJECTS = {
    (subject.name, subject.dtype): subject for subject in mutation_score.own_subjects({name for name, _ in SAMPLE})
}


@pytest.mark.parametrize("key", sorted(SAMPLE), ids="-".join)
def test_wrong_rewrites_are_refused(key: tuple[str, str]) -> None:
    right, *wrong = mutation_score.judge_subject(SUBJECTS[key], every=EVERY)
    assert right.verdict == "accepted", right
    assert len(wrong) > 3
    assert not [row for row in wrong if row.verdict == "accepted"]


def test_every_kind_of_mistake_is_made() -> None:
    subject = SUBJECTS["affine", "float32"]
    kinds = {kind for kind, *_ in itertools.chain(mutation_score.mutants(subject))}
    assert {"in_axes wrong", "arguments swapped", "stale closure", "0.1 % in one lane", "NaN in one lane"} <= kinds


def test_the_parts_of_a_long_benchmark_are_the_whole() -> None:
    things = list(range(23))
    drawn = [parts.of_part(things, (k, 4)) for k in range(1, 5)]
    assert sorted(itertools.chain(*drawn)) == things
    assert parts.of_part(things, (1, 1)) == things


def test_rows_of_several_parts_are_merged(tmp_path: Path) -> None:
    rows = [mutation_score.Judged("a", "float32", kind, "different", "", "") for kind in ("rolled", "swapped")]
    for part, row in enumerate(rows):
        parts.save(tmp_path / f"{part}.jsonl", [row])
    merged, versions = parts.merged([tmp_path / "0.jsonl", tmp_path / "1.jsonl"], mutation_score.Judged)
    assert merged == rows
    assert "2 of 2 mutants" in mutation_score.summary(merged, versions)
