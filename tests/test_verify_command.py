"""``vmapify verify`` from the outside; one test runs the real verifier."""

from __future__ import annotations

import json
import subprocess
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
        ("values.py", b"\xff", "--inputs values.py: is not UTF-8"),
    ],
)
def test_bad_files_are_trouble(run: Run, files: Path, name: str, content: bytes | None, words: str) -> None:
    if content is None:
        (files / name).unlink()
    else:
        (files / name).write_bytes(content)
    result = run(*ARGUMENTS)
    assert result.exit_code == 2
    assert words in (result.stderr if name == "values.py" else result.stdout)


@pytest.mark.usefixtures("files")
def test_inputs_and_files_are_asked_for(run: Run) -> None:
    for arguments, words in ((("before.py",), "BEFORE and AFTER"), (("a.py", "b.py", "--function", "f"), "--inputs")):
        result = run("verify", *arguments)
        assert result.exit_code == 2
        assert words in result.stderr


SCRIPT = """\
import jax
import jax.numpy as jnp


def sines(xs, *, scale=1.0):
    return jnp.stack([scale * jnp.sin(x) for x in xs])


def unused(xs):
    return jnp.stack([x for x in xs])


xs = jnp.arange(15.0).reshape(5, 3) / 7
ys = sines(xs, scale=2.0)
zs = jnp.stack([jnp.cos(x) for x in xs])
"""
RIGHT = SCRIPT.replace("jnp.stack([scale * jnp.sin(x) for x in xs])", "jax.vmap(lambda x: scale * jnp.sin(x))(xs)")
RIGHT = RIGHT.replace("jnp.stack([jnp.cos(x) for x in xs])", "jax.vmap(jnp.cos)(xs)")
WRONG = RIGHT.replace("jnp.stack([x for x in xs])", "xs").replace("jnp.cos)(xs)", "jnp.cos)(xs[::-1])")


def verdicts(result: Result) -> dict[str, str]:
    document = json.loads(result.stdout)
    assert not document["errors"], document
    return {row["function"]: row["verdict"] for row in document["results"]}


def test_files_are_run_and_judged_by_their_calls_and_final_values(run: Run, tmp_path: Path) -> None:
    for name, text in (("before", SCRIPT), ("right", RIGHT), ("wrong", WRONG)):
        (tmp_path / f"{name}.py").write_text(text)
    right = run("verify", "before.py", "right.py", "--output-format", "json")
    assert set(verdicts(right)) == {"sines", "the file as a whole"}
    assert set(verdicts(right).values()) <= {"identical", "equivalent"}
    assert right.exit_code == 0
    wrong = run("verify", "before.py", "wrong.py", "--output-format", "json")
    found = verdicts(wrong)
    assert (found["unused"], found["the file as a whole"]) == ("inconclusive", "different")
    assert "the loop's in another order" in wrong.stdout
    assert wrong.exit_code == 1


def test_a_work_tree_is_compared_with_a_revision(run: Run, tmp_path: Path) -> None:
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path))
    (tmp_path / "rows.py").write_text("import jax.numpy as jnp\n\nxs = jnp.arange(10.0).reshape(5, 2) / 3\n")
    (tmp_path / "script.py").write_text(SCRIPT.replace("xs = ", "from rows import xs  # "))
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "old")):
        subprocess.run([*git, *arguments], check=True)
    assert run("verify", "--base", "HEAD").stdout == "No function differs between the two files.\n"
    (tmp_path / "script.py").write_text(WRONG.replace("xs = ", "from rows import xs  # "))
    result = run("verify", "--base", "HEAD", "--output-format", "json")
    assert verdicts(result)["the file as a whole"] == "different"
    assert run("verify", "--base", "nowhere").exit_code == 2
    parts = [run("verify", "--base", "HEAD", "--output-format", "json", "--shard", f"{k}/2") for k in (1, 2)]
    assert [part.exit_code for part in parts] == [1, 0]
    for number, part in enumerate(parts):
        (tmp_path / f"{number}.json").write_text(part.stdout)
    joined = run("merge", "0.json", "1.json")
    assert (joined.exit_code, verdicts(joined)) == (1, verdicts(parts[0]))
    assert "part 2/2 is missing" in run("merge", "0.json").stderr
    assert run("verify", "script.py", "script.py", "--shard", "1/2").exit_code == 2


@pytest.mark.usefixtures("files")
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
