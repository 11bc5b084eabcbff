"""Parts of a repository, and their reports joined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LOOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("fake_core")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.py", "b.py", "pkg/c.py", "pkg/d.py", "e.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(LOOP)
    (tmp_path / "broken.py").write_text("import jax\nfor (\n")
    return tmp_path


def _written(run: Run, tree: Path, total: int, command: tuple[str, ...] = ("check",)) -> list[str]:
    names = []
    for number in range(1, total + 1):
        name = f"{number}.json"
        run(*command, "--output-format", "json", "--shard", f"{number}/{total}", "-o", name)
        names.append(name)
    return names


@pytest.mark.parametrize("total", [1, 2, 3, 7])
def test_the_parts_make_the_whole(run: Run, tree: Path, total: int) -> None:
    whole = json.loads(run("check", "--output-format", "json").stdout)
    result = run("merge", *reversed(_written(run, tree, total)))
    assert result.exit_code == 2
    joined = json.loads(result.stdout)
    assert joined == whole | {"findings": sorted(whole["findings"], key=lambda row: row["path"])}


def test_each_file_is_in_one_part(run: Run, tree: Path) -> None:
    parts = [run("check", "--show-files", "--shard", f"{k}/4").stdout.split() for k in range(1, 5)]
    assert sorted(path for part in parts for path in part) == run("check", "--show-files").stdout.split()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_exit_code_is_that_of_the_whole(run: Run, tree: Path) -> None:
    (tree / "broken.py").unlink()
    names = _written(run, tree, 2)
    assert run("merge", *names).exit_code == 1
    assert run("merge", "--exit-zero", *names).exit_code == 0
    assert run("merge", *_written(run, tree, 2, ("fix", "--unverified", "--write"))).exit_code == 0
    assert run("merge", *_written(run, tree, 2)).exit_code == 0


@pytest.mark.parametrize("word", ["0/2", "3/2", "2", "a/b", "1/", "-1/2"])
def test_a_part_is_k_of_n(run: Run, tree: Path, word: str) -> None:
    result = run("check", "--shard", word)
    assert result.exit_code == 2
    assert "such as 2/8" in result.stderr


HEAD: dict[str, Any] = {"schema": 1, "version": "0.1.0", "errors": []}
UNFIT: dict[str, tuple[list[object], str]] = {
    "no report": ([{"rows": []}], "0.json: is no JSON report"),
    "another schema": ([HEAD | {"schema": 2, "findings": []}], "0.json: is no JSON report"),
    "rows that are none": ([HEAD | {"findings": [1]}], "0.json: is no JSON report"),
    "another version": (
        [HEAD | {"findings": []}, HEAD | {"version": "9", "findings": []}],
        "1.json: was made by vmapify 9",
    ),
    "another command": ([HEAD | {"findings": []}, HEAD | {"results": []}], "is of `verify`"),
    "a part missing": (
        [HEAD | {"findings": [], "shard": "1/3"}, HEAD | {"findings": [], "shard": "3/3"}],
        "part 2/3 is missing",
    ),
    "parts of several wholes": (
        [HEAD | {"findings": [], "shard": "1/2"}, HEAD | {"findings": [], "shard": "2/3"}],
        "different wholes",
    ),
}


@pytest.mark.parametrize(("documents", "told"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_joined_is_named(run: Run, tmp_path: Path, documents: list[object], told: str) -> None:
    names = [f"{number}.json" for number in range(len(documents))]
    for name, document in zip(names, documents, strict=True):
        (tmp_path / name).write_text(json.dumps(document))
    result = run("merge", *names)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_report_that_is_not_there_is_named(run: Run) -> None:
    assert "none.json: cannot be read" in run("merge", "none.json").stderr


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [(("identical", "equivalent"), 0), (("identical", "inconclusive"), 3), (("inconclusive", "different"), 1)],
)
def test_reports_of_verify(run: Run, tmp_path: Path, verdicts: tuple[str, ...], code: int) -> None:
    names = []
    for number, verdict in enumerate(verdicts):
        row = {"path": f"{number}.py", "function": "f", "verdict": verdict}
        (tmp_path / f"{number}.json").write_text(json.dumps(HEAD | {"results": [row, row]}))
        names.append(f"{number}.json")
    result = run("merge", *names)
    assert result.exit_code == code
    assert [row["verdict"] for row in json.loads(result.stdout)["results"]] == list(verdicts)
