"""``vmapify profile``: what is timed, counted and ranked, and that the program stays what it is."""

from __future__ import annotations

import ast
import json
import sys
from typing import TYPE_CHECKING

import pytest
from notebook_cases import notebook

from vmapify.verify.worker.timed import TimedLoop, timed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

PROGRAM = """\
import sys
import jax
import jax.numpy as jnp


def f(w, x):
    return jnp.sum(jnp.tanh(w * x))


def losses(w, xs):
    out = []
    for x in xs:
        out.append(f(w, x))
    return jnp.stack(out)


def running(xs):
    total, out = jnp.zeros(3), []
    for x in xs:
        total = total + x
        out.append(total)
    return jnp.stack(out)


xs, w = jnp.ones((30, 3)), jnp.ones(3)
for _ in range(4):
    found = losses(w, xs)
kept = running(xs)
assert found.shape == (30,) and kept.shape == (30, 3)
"""


def _profile(run: Run, *words: str, code: int = 0) -> dict[str, dict[str, object]]:
    result = run("profile", "--output-format", "json", "--python", sys.executable, *words)
    assert result.exit_code == code, result.output
    document = json.loads(result.stdout)
    return {loop["function"]: loop for loop in document["loops"]} | {"": document}


def test_calls_rows_and_verdicts_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    loops = _profile(run, "--", "python", "train.py")
    assert (loops["losses"]["calls"], loops["losses"]["rows"]) == (4, 120)
    assert (loops["running"]["calls"], loops["running"]["rows"]) == (1, 30)
    assert loops["losses"]["verification"]["verdict"] in {"identical", "equivalent"}  # type: ignore[index]
    assert loops["losses"]["saving"] is not None
    assert loops["running"]["verdict"] == "blocked"
    assert "loop-carried-dependency" in loops["running"]["reasons"]  # type: ignore[operator]
    seconds = [loop["seconds"] for loop in loops[""]["loops"]]  # type: ignore[attr-defined]
    assert seconds == sorted(seconds, reverse=True)
    assert 0 < loops["losses"]["compiling"] <= loops["losses"]["seconds"]  # type: ignore[operator]


def test_tests_are_programs_too(run: Run, tmp_path: Path) -> None:
    body = PROGRAM.partition("xs, w =")[0]
    (tmp_path / "test_it.py").write_text(
        f"{body}\n\ndef test_it():\n    assert losses(1.0, jnp.ones((5, 3))).shape == (5,)\n"
    )
    loops = _profile(run, "--no-judge", "--", "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    assert (loops["losses"]["calls"], loops["losses"]["rows"]) == (1, 5)
    assert loops["losses"]["verification"] is None


def test_a_notebook_is_one(run: Run, tmp_path: Path) -> None:
    cells = "# %%\n" + PROGRAM.replace("xs, w =", "# %%\nxs, w =")
    (tmp_path / "book.ipynb").write_text(notebook(cells))
    loops = _profile(run, "--no-judge", "--", "book.ipynb")
    assert loops["losses"]["calls"] == 4
    assert loops["losses"]["cell"] == 0


def test_a_program_that_fails_is_told_with_what_was_known(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM + "sys.exit(3)\n")
    loops = _profile(run, "--", "python", "train.py", code=2)
    assert loops["losses"]["calls"] == 4
    assert "3" in str(loops[""]["trouble"])


def test_top_leaves_the_rest_to_a_sum(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    document = _profile(run, "--top", "1", "--no-judge", "--report", "page.html", "--", "python", "train.py")[""]
    assert len(document["loops"]) == 1  # type: ignore[arg-type]
    assert document["rest"]["loops"] == 1  # type: ignore[index]
    assert "losses" in (tmp_path / "page.html").read_text()


class _Clock:
    """Notes what it is asked, and takes no time."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def __call__(self, key: int, names: tuple[str, ...]) -> _Clock:
        self.seen.append((key, names))
        return self

    def __enter__(self) -> None:
        self.seen.append("in")

    def __exit__(self, *_: object) -> None:
        self.seen.append("out")

    def rows(self, key: int, values: object) -> object:
        self.seen.append(("rows", key))
        return values

    def result(self, key: int, value: object) -> object:
        self.seen.append(("result", key))
        return value


@pytest.mark.parametrize(
    ("text", "start", "end", "last", "expected"),
    [
        ("out = []\nfor x in [1, 2]:\n    out.append(x)\ny = out\n", (2, 0), (3, 17), (4, 7), "y"),
        ("y = [x for x in [1, 2]]\n", (1, 4), (1, 23), (1, 23), "y"),
        ("def g():\n    return [x for x in [1, 2]]\ny = g()\n", (2, 11), (2, 30), (2, 30), "y"),
        ("for k in [0]:\n    y = [x for x in [1, 2]]\n    break\n", (2, 8), (2, 27), (2, 27), "y"),
    ],
)
def test_the_statements_of_a_loop_are_timed_and_do_what_they_did(
    text: str, start: tuple[int, int], end: tuple[int, int], last: tuple[int, int], expected: str
) -> None:
    tree, found = timed(text.encode(), "m.py", [TimedLoop(7, "m.py", None, start, end, last)])
    clock = _Clock()
    space: dict[str, object] = {"__vmapify_clock__": clock}
    exec(compile(tree, "m.py", "exec"), space)
    assert found == {7}
    assert space[expected] == [1, 2]
    assert ("rows", 7) in clock.seen
    assert clock.seen.count("in") == clock.seen.count("out") == 1


def test_a_loop_in_the_head_of_a_statement_is_left_alone() -> None:
    text = "if [x for x in [1, 2]]:\n    y = 1\n"
    tree, found = timed(text.encode(), "m.py", [TimedLoop(0, "m.py", None, (1, 3), (1, 22), (1, 22))])
    assert not found
    assert ast.unparse(tree) == ast.unparse(ast.parse(text))


def test_two_loops_of_one_statement_are_both_timed() -> None:
    text = "y = [x for x in [1]], [z for z in [2]]\n"
    loops = [
        TimedLoop(0, "m.py", None, (1, 4), (1, 20), (1, 20)),
        TimedLoop(1, "m.py", None, (1, 22), (1, 38), (1, 38)),
    ]
    tree, found = timed(text.encode(), "m.py", loops)
    clock = _Clock()
    space: dict[str, object] = {"__vmapify_clock__": clock}
    exec(compile(tree, "m.py", "exec"), space)
    assert found == {0, 1}
    assert space["y"] == ([1], [2])
    assert {("rows", 0), ("rows", 1)} <= set(clock.seen)
