"""``vmapify verify`` from the outside; one test runs the real verifier."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vmapify import __version__
from vmapify.diagnostic import Problem, Verification

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

BEFORE = """\
import jax
import jax.numpy as jnp


def sines(xs):
    return jnp.stack([jnp.sin(x) for x in xs])


def same(x):
    return x
"""
AFTER = BEFORE.replace("jnp.stack([jnp.sin(x) for x in xs])", "jax.vmap(jnp.sin)(xs)")
INPUTS = "import jax.numpy as jnp\n\n\ndef inputs():\n    return [(jnp.arange(7.0) / 3,)]\n"
ARGUMENTS = ("verify", "before.py", "after.py", "--inputs", "values.py")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "before.py").write_text(BEFORE)
    (tmp_path / "after.py").write_text(AFTER)
    (tmp_path / "values.py").write_text(INPUTS)
    return tmp_path


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verification | Problem], None]:
    """Replace the verifier by one that says what it is told."""

    def tell(result: Verification | Problem) -> None:
        monkeypatch.setattr("vmapify.verify.judge_functions", lambda *arguments: (result,))

    return tell


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Verification("identical"), 0),
        (Verification("equivalent"), 0),
        (Verification("precision-changed"), 1),
        (Verification("different"), 1),
        (Verification("inconclusive"), 3),
        (Problem("after.py", None, "no such function"), 2),
    ],
)
@pytest.mark.usefixtures("files")
def test_exit_codes(
    run: Run,
    verdict: Callable[[Verification | Problem], None],
    result: Verification | Problem,
    code: int,
) -> None:
    verdict(result)
    assert run(*ARGUMENTS).exit_code == code


@pytest.mark.usefixtures("files")
def test_json_is_the_contract(run: Run, verdict: Callable[[Verification | Problem], None]) -> None:
    verdict(Verification("different", reason="leaf [0]", batch_sizes=(7,)))
    document = json.loads(run(*ARGUMENTS, "--output-format", "json").stdout)
    assert list(document) == ["schema", "version", "results", "errors"]
    assert document["version"] == __version__
    (row,) = document["results"]
    assert (row["path"], row["function"], row["verdict"]) == ("after.py", "sines", "different")
    assert row["batch_sizes"] == [7]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("before.py", None, "before.py: error: no such file"),
        ("after.py", b"def (\n", "after.py:1: error: cannot be parsed"),
        ("values.py", b"\xff", "values.py:1: error: is not UTF-8"),
    ],
)
def test_bad_files_are_trouble(run: Run, files: Path, name: str, content: bytes | None, words: str) -> None:
    if content is None:
        (files / name).unlink()
    else:
        (files / name).write_bytes(content)
    result = run(*ARGUMENTS)
    assert result.exit_code == 2
    assert words in result.stdout


@pytest.mark.usefixtures("files")
def test_inputs_are_asked_for(run: Run) -> None:
    result = run("verify", "before.py", "after.py")
    assert result.exit_code == 2
    assert "--inputs" in result.stderr


def test_several_changed_functions_need_a_name(run: Run, files: Path) -> None:
    (files / "after.py").write_text(AFTER.replace("return x\n", "return 2 * x\n"))
    result = run(*ARGUMENTS)
    assert result.exit_code == 2
    assert "sines, same differ" in result.stderr


@pytest.mark.usefixtures("files")
def test_nothing_changed_is_clean(run: Run) -> None:
    result = run("verify", "before.py", "before.py", "--inputs", "values.py")
    assert result.exit_code == 0
    assert result.stdout == "No function differs between the two files.\n"


@pytest.mark.usefixtures("files")
def test_a_right_rewrite_is_run_and_confirmed(run: Run) -> None:
    result = run(*ARGUMENTS, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("after.py sines: identical on cpu:0")
