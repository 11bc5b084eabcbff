"""Many files, in one process and in several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vmapify.pipeline.analysis import Analyser, FileResult
from vmapify.pipeline.process_pool import processes
from vmapify.pipeline.process_pool.analyse_files import analyse_files
from vmapify.pipeline.serialise import from_plain, to_plain

FIXTURES = Path(__file__).parents[1] / "fixtures"
SOME = sorted(str(path) for path in FIXTURES.glob("*/*.py"))[::12]


@pytest.fixture(scope="module")
def alone() -> dict[str, FileResult]:
    return analyse_files(SOME, FIXTURES, 1)


def test_results_survive_being_written_as_json(alone: dict[str, FileResult]) -> None:
    assert any(finding.site for result in alone.values() for finding in result.findings)
    assert any(finding.reasons for result in alone.values() for finding in result.findings)
    for result in alone.values():
        assert from_plain(json.loads(json.dumps(to_plain(result)))) == result


def test_processes_find_the_same_in_the_same_order(alone: dict[str, FileResult]) -> None:
    together = analyse_files(SOME, FIXTURES, 3)
    assert list(together) == SOME
    for path in SOME:
        assert together[path].alone() == alone[path].alone()


def test_what_a_file_gives_does_not_rest_on_those_before_it(alone: dict[str, FileResult]) -> None:
    backwards = analyse_files(SOME[::-1], FIXTURES, 1)
    assert backwards == alone


def test_suppressions_and_problems_survive(tmp_path: Path) -> None:
    texts = {"a.py": "import jax\nfor (\n", "b.py": "x = 1  # vmapify: ignore[VM101] why\n", "c.py": "\xe9"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="latin-1")
    for name in texts:
        result = Analyser(tmp_path).file(str(tmp_path / name))
        assert result.problems or result.suppressions
        assert from_plain(json.loads(json.dumps(to_plain(result)))) == result


def test_a_process_that_dies_costs_the_file_it_was_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [str(tmp_path / f"{letter}.py") for letter in "abcdefgh"]
    for name in names:
        Path(name).write_text("import numpy\n")
    deadly = processes._START.replace(
        "main()",
        "import vmapify.pipeline.process_pool.worker as w, os; own = w.Analyser.file; "
        "w.Analyser.file = lambda self, path: os._exit(3) if path.endswith('a.py') else own(self, path); main()",
    )
    monkeypatch.setattr(processes, "_START", deadly)
    results = analyse_files(names, tmp_path, 2)
    assert list(results) == names
    (problem,) = [problem for result in results.values() for problem in result.problems]
    assert problem.path == names[0]
    assert "process died" in problem.message


def test_names_that_are_no_text_are_files_like_others(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("\udcff.py", "\N{SNAKE}.py", 'a"b\\c\n.py')]
    for name in names:
        Path(name).write_text("import jax\nfor (\n")
    results = analyse_files(names, tmp_path, 2)
    assert [len(results[name].problems) for name in names] == [1, 1, 1]
