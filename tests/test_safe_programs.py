"""A sample of the generated programs: what is graded safe makes no difference, and enough is graded safe."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import safe_programs
from programs import judge as judging
from programs.draft import Program
from programs.generate import program, programs
from programs.judge import Child, Judged, judge

SEED, COUNT = 16, 60
"""``python benchmarks/safe_programs.py`` judges 10,000 of another seed."""
SAFE_AT_LEAST = 8
"""Programs of the sample that are graded safe and right; to be raised when more are."""

PLAIN = """\
import jax
import jax.numpy as jnp


def main():
    xs = jnp.arange(12.0).reshape(4, 3)
    out = []
    for x in xs:
        out.append(jnp.sin(x))
    return jnp.stack(out)
"""


@pytest.fixture(scope="module")
def child() -> object:
    with Child() as one:
        yield one


@pytest.fixture(scope="module")
def rows(child: Child) -> list[Judged]:
    return [judged for _, judged, _ in judge(programs(SEED, COUNT), child)]


@pytest.mark.xdist_group("safe programs")
def test_what_is_graded_safe_makes_no_difference(rows: list[Judged]) -> None:
    wrong = {row.name: (row.ingredients, row.safe_differs) for row in rows if row.wrong}
    assert not wrong


@pytest.mark.xdist_group("safe programs")
def test_enough_of_what_is_right_is_graded_safe(rows: list[Judged]) -> None:
    assert len(rows) == COUNT
    assert sum(row.right and row.grade == "safe" for row in rows) >= SAFE_AT_LEAST
    assert sum(row.hostile for row in rows) > COUNT / 5


@pytest.mark.xdist_group("safe programs")
@pytest.mark.parametrize(
    ("after", "told"),
    [
        ("return jnp.stack(out) + 1e-3", "main(rows)"),
        ("return jnp.stack(out).astype(jnp.float16)", "float32 became float16"),
        ("return jax.vmap(jnp.sin)(xs) * jnp.asarray(1.0)", ""),
        ("return [jnp.stack(out)]", "main(rows)"),
        ("print('x')\n    return jnp.stack(out)", "printed"),
        ("raise KeyError", "main(rows)"),
        ("global left\n    left = 1\n    return jnp.stack(out)", ""),
    ],
)
def test_a_difference_is_noticed(child: Child, after: str, told: str) -> None:
    found = child.judge([PLAIN, PLAIN.replace("return jnp.stack(out)", after)])["parts"][0]
    assert bool(found) == bool(told)
    assert told in found


@pytest.mark.xdist_group("safe programs")
def test_programs_do_not_change_the_world_for_the_next(child: Child) -> None:
    spoiled = f"import math\n{PLAIN}\nmath.tau = 3\njax.config.update('jax_enable_x64', True)\njnp.sin = jnp.cos\n"
    assert child.judge([spoiled, spoiled])["tainted"]
    asked = PLAIN.replace("return jnp.stack(out)", "import math\n    return jnp.stack(out) + 0 * round(math.tau)")
    again = child.judge([PLAIN, asked])
    assert again["parts"] == [""]
    assert not again["tainted"]


@pytest.mark.xdist_group("safe programs")
def test_a_wrong_rewrite_that_is_called_safe_is_counted(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    column = PLAIN.splitlines()[8].index("jnp.sin") + 1
    ends = {"start": {"line": 9, "column": column}, "end": {"line": 9, "column": column + 7}}
    finding = {"applicability": "safe", "edits": [ends | {"content": "jnp.cos"}]}
    monkeypatch.setattr(judging, "offers", lambda batch: {"p": [finding]})
    [(_, judged, after)] = judge([Program("p", PLAIN, ("rows: float32",), hostile=False)], child)
    assert after == PLAIN.replace("jnp.sin", "jnp.cos")
    assert judged.wrong
    assert safe_programs.counts([judged]) == (1, 1, 0, 1, 0, 1)
    assert any("rows: float32 | 1 | 1 |  | 1 |  | 1 |" in line for line in safe_programs.table([judged]))


def test_the_same_number_gives_the_same_program() -> None:
    assert program(3, 17) == program(3, 17)
    assert program(3, 17) != program(4, 17)
    whole = [one.name for one in programs(3, 20)]
    assert sorted(one.name for k in (1, 2, 3) for one in programs(3, 20, (k, 3))) == whole


def test_programs_are_python_and_mostly_plain() -> None:
    drawn = list(programs(8, 2000))
    for one in drawn:
        ast.parse(one.text)
        assert not re.search(r"\$\w", one.text), one.text
    assert 0.5 < sum(not one.hostile for one in drawn) / len(drawn) < 0.7
    assert len({one.text for one in drawn}) > 0.99 * len(drawn)
