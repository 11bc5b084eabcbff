"""The workload as the last judge: run once more with all rewrites in place, it has to end, print and leave what it did."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from verify_regions import region

from vmapify.cli.main import vmapify
from vmapify.diagnostic import Finding, Site, Span
from vmapify.pipeline import rerun
from vmapify.pipeline.rewriting import Roots
from vmapify.report import Outcome
from vmapify.source import SourceFile, read
from vmapify.verify import Footprint, Ran, VerifyOptions, apart, differences, is_telling, judge_sites, run_again
from vmapify.verify.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = [
    ("same", "loss 0.25", "loss 0.25", True),
    ("rounding", "loss 0.84147098 at step 3", "loss 0.841471 at step 3", True),
    ("another width of an array", "[0.8414710  1.       ]", "[0.841471   0.99999994]", True),
    ("what is left of zero", "residual 1.19e-07", "residual 7.2e-07", True),
    ("small numbers", "residual 3.1e-06", "residual 9.9e-06", False),
    ("what is left beside large ones", "[1500.25 3.1e-05]", "[1500.2502 -9.9e-04]", True),
    ("small beside large ones", "[15.25 3.1e-04]", "[15.25 9.9e-04]", False),
    ("beyond all numbers", "[1e999 3.5]", "[1e999 4.5]", False),
    ("whole numbers count something else", "step 90000 loss 3.1e-03", "step 90000 loss 9.9e-03", False),
    (
        "the closing line of pytest",
        "== 41 passed, 2 warnings in 1.23s ==",
        "== 41 passed, 2 warnings in 10.5s ==",
        True,
    ),
    ("a long run of tests", "41 passed in 1.23s", "41 passed in 65.02s (0:01:05)", True),
    ("the closing line of unittest", "Ran 3 tests in 0.123s", "Ran 3 tests in 0.210s", True),
    ("a duration that is a result", "period 2.5 s", "period 71.3 s", False),
    ("a duration after a number", "300 steps in 2.5s", "300 steps in 71.3s", False),
    ("what looks like a time", "score 10:30", "score 99:12", False),
    ("progress", "100%|####| 10/10 [00:01<00:00, 9.1it/s]", "100%|####| 10/10 [00:03<00:00, 3.7it/s]", True),
    ("a bar drawn more often", "0%| [00:00]\r50%| [00:01]\r100%| [00:01]", "0%| [00:00]\r100%| [00:02]", True),
    ("another end of a bar", "0%| [00:00]\r100%| 10/10 [00:01]", "0%| [00:00]\r90%| 9/10 [00:01]", False),
    ("no bar", "loss 0.5\rloss 0.2", "loss 0.7\rloss 0.2", False),
    ("more digits than Python reads", "1" + "0" * 5000, "x" + "0" * 5000, False),
    ("a whole number of many digits", "n 1" + "0" * 5000, "n 001" + "0" * 5000, True),
    ("another one of many digits", "n 1" + "0" * 5000, "n 2" + "0" * 5000, False),
    ("addresses", "<Model at 0x7f11>", "<Model at 0x7e22>", True),
    ("another number", "loss 0.8414", "loss 0.8314", False),
    ("another whole number", "step 3", "step 4", False),
    ("another count", "41 passed in 1.23s", "40 passed in 1.23s", False),
    ("another word", "converged", "diverged", False),
    ("a number gone", "a 1.0 2.0", "a 1.0", False),
]


def _footprint(printed: str = "", code: int = 0, **values: list[dict[str, str]]) -> Footprint:
    rest = {"files": {}, "whole": True, "compared": len(values), "left_out": {"names": [], "count": 0}}
    return Footprint(code, printed, ({"values": values, **rest},))


@pytest.mark.parametrize(("mine", "other", "same"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_what_is_printed(mine: str, other: str, same: bool) -> None:
    found = differences(_footprint(mine), _footprint(other), frozenset())
    assert (found == []) is same, found


def test_exit_status_lines_and_names() -> None:
    value = [{"path": "x", "label": "int", "kind": "exact", "text": "3", "checksum": "a"}]
    before = _footprint("a\nb", 0, x=value, rows=value)
    after = _footprint("a", 1, x=[{**value[0], "text": "4", "checksum": "b"}])
    found = differences(before, after, frozenset({"rows"}))
    assert [one.where[0] for one in found] == ["ends", "prints", "leaves"]
    assert "x is '4' instead of '3'" in found[2].text
    assert "rows is there in only one" in differences(before, _footprint("a\nb", 0, x=value), frozenset())[0].text


def test_what_changes_from_run_to_run_is_set_aside() -> None:
    before, again, after = (_footprint(f"seed {seed}\nloss {loss}") for seed, loss in ((1, 0.5), (2, 0.5), (3, 0.7)))
    (left,) = apart(before, after, again)
    assert left.where == ("prints", 1)


@pytest.mark.parametrize(
    ("line", "same"), [("peak 2.5 after 0.31", True), ("peak nan after 0.3", False), ("peak 7.1 after 0.3", False)]
)
def test_only_the_numbers_of_a_line_that_change_are_set_aside(line: str, same: bool) -> None:
    before, again = _footprint("peak 2.5 after 0.11"), _footprint("peak 2.5 after 0.27")
    assert (apart(before, _footprint(line), again) == []) is same


def test_another_number_of_lines_hides_no_lost_line() -> None:
    before, again = _footprint("start\nwarning\nloss 0.5\nend"), _footprint("start\nloss 0.5\nend")
    assert apart(before, _footprint("start\nloss 0.5\nwarning\nwarning\nend"), again) == []
    (left,) = apart(before, _footprint("start\nwarning\nloss 0.9\nend"), again)
    assert "no longer prints 'loss 0.5'" in left.text
    assert is_telling(before, None)
    assert not is_telling(before, again)


def test_another_number_of_processes_hides_nothing_of_the_program_itself() -> None:
    value = [{"path": "x", "label": "int", "kind": "exact", "text": "3", "checksum": "a"}]
    other = [{**value[0], "text": "4", "checksum": "b"}]
    rest = {"files": {}, "compared": 1, "left_out": {"names": [], "count": 0}}
    before = Footprint(0, "", ({"values": {}, **rest}, {"values": {"x": value}, **rest}))
    again = Footprint(0, "", ({"values": {"x": value}, **rest},))
    (left,) = apart(before, Footprint(0, "", ({"values": {"x": other}, **rest},)), again)
    assert left.where[0] == "leaves"
    assert not is_telling(before, again)
    assert not is_telling(_footprint(), None)


HIDDEN = """
TICKS = []


def tick():
    TICKS.append(1)
"""

SCRIPT = """
import sys

sys.path.insert(0, "site-packages")
import jax
import jax.numpy as jnp
import tally


def noted(x):
    tally.tick()
    return x * 2


def plain(x):
    return jnp.sin(x)


def first(xs):
    # region first
    return jnp.stack([noted(x) for x in xs])
    # end


def second(xs):
    # region second
    return jnp.stack([plain(x) for x in xs])
    # end


XS = jnp.arange(12.0).reshape(4, 3)
print("sums", first(XS).sum(), second(XS).sum())
print("ticks", len(tally.TICKS))
table = second(XS)
open("written.txt", "w").write("done")
"""
FIRST, SECOND = ("jnp.stack([noted(x) for x in xs])", "jnp.stack([plain(x) for x in xs])")


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "tally.py").write_text(HIDDEN, encoding="utf-8")
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "script.py"


def _source(path: Path, *replaced: tuple[str, str]) -> SourceFile:
    source = read(str(path))
    assert isinstance(source, SourceFile)
    data = source.data.decode()
    for old, new in replaced:
        assert old in data
        data = data.replace(old, new)
    return dataclasses.replace(source, data=data.encode())


def test_state_that_no_region_shows_is_seen_in_the_whole_run(script: Path) -> None:
    sites = [
        region(script, "first", "return jax.vmap(noted)(xs)"),
        region(script, "second", "return jax.vmap(plain)(xs)"),
    ]
    options, ran = VerifyOptions(python=sys.executable), list[Ran]()
    found = judge_sites(sites, options, ran=ran)
    assert {found[0].verdict, found[1].verdict} == {"identical"}, found[0].reason
    (program,) = ran
    assert isinstance(program.left, Footprint)
    assert program.left.processes[0]["files"].keys() == {str(script.parent / "written.txt")}
    assert f"table of {script.resolve()}" in program.left.processes[0]["values"]
    plain = run_again(program, [], options)
    right = run_again(program, [_source(script, (SECOND, "jax.vmap(plain)(xs)"))], options)
    assert isinstance(plain, Footprint)
    assert isinstance(right, Footprint)
    assert differences(plain, right, frozenset()) == []
    assert differences(program.left, plain, frozenset()), "judging has left its own ticks"
    both = _source(script, (SECOND, "jax.vmap(plain)(xs)"), (FIRST, "jax.vmap(noted)(xs)"))
    wrong = run_again(program, [both], options)
    assert isinstance(wrong, Footprint)
    (one,) = differences(plain, wrong, frozenset())
    assert one.text == "it prints 'ticks 1' instead of 'ticks 4'"


def test_a_value_left_in_the_module_and_a_written_file_are_compared(script: Path) -> None:
    options, ran = VerifyOptions(python=sys.executable), list[Ran]()
    judge_sites([region(script, "second", "return jax.vmap(plain)(xs)")], options, ran=ran)
    changes = ("table = second(XS)", "table = 2 * second(XS)"), ('.write("done")', '.write("gone")')
    doubled = run_again(ran[0], [_source(script, *changes)], options)
    assert isinstance(doubled, Footprint)
    assert isinstance(ran[0].left, Footprint)
    value, file = differences(ran[0].left, doubled, frozenset())
    assert value.where[-1] == f"table of {script.resolve()}"
    assert file.text.endswith("written.txt: 'gone' instead of 'done'")


def _findings(count: int) -> list[Finding]:
    sites = [Site("a.py", line, 0, None, "rows = []\nout = 1", "out = 1") for line in range(1, count + 1)]
    spans = [Span(10 * line, 10 * line + 5) for line in range(count)]
    return [
        Finding("VM101", "append-then-stack", "a.py", None, span, None, "rewrite", site=site, applicability="safe")
        for span, site in zip(spans, sites, strict=True)
    ]


@pytest.mark.parametrize(
    ("bad", "left"),
    [
        ([], []),
        ([{3}], [3]),
        ([{0}, {4}], [0, 4]),
        ([{1, 5}], [1, 5]),
        ([{0}, {1}, {2}, {3}, {4}, {5}], [0, 1, 2, 3, 4, 5]),
    ],
    ids=["none", "one", "two", "two together", "all"],
)
def test_culprits_are_found_and_left(bad: list[set[int]], left: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """``bad`` are the groups of rewrites that change what the program prints."""
    findings = _findings(6)
    places = {finding.loop: number for number, finding in enumerate(findings)}

    def rewritten(source: SourceFile, some: Sequence[Finding], root: Path) -> SourceFile:
        return dataclasses.replace(source, data=json.dumps([places[one.loop] for one in some]).encode())

    def run(program: Ran, new: Sequence[SourceFile]) -> Footprint:
        there = set(json.loads(new[0].data)) if new else set()
        return _footprint("wrong" if any(group <= there for group in bad) else "right")

    monkeypatch.setattr(rerun, "_rewritten", rewritten)
    source = SourceFile("a.py", b"", "\n", b"")
    sites = tuple(finding.site for finding in findings if finding.site is not None)
    program = Ran(Workload((), "a.py", "module", stop=True), sites, 1.0, _footprint("right"))
    outcomes = [Outcome(finding, "proposed") for finding in findings]
    found, (told,), confirmed = rerun.judged_by_workloads(outcomes, {"a.py": source}, Roots(Path()), [program], run)
    assert [number for number, outcome in enumerate(found) if outcome.state == "left"] == left
    assert told.agrees is (len(left) < len(findings))
    assert bool(confirmed) is told.agrees
    assert all("instead of" in outcome.why for outcome in found if outcome.state == "left")


PROGRAM = """
import jax
import jax.numpy as jnp

XS = jnp.sin(jnp.arange(600.0)).reshape(200, 3)
rows = []
for x in XS:
    rows.append(jnp.tanh(x))
table = jnp.stack(rows)
print("done", table.shape)
"""


def test_fix_says_what_the_program_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    (tmp_path / "script.py").write_text(PROGRAM, encoding="utf-8")
    told = CliRunner().invoke(vmapify, ["fix", "--isolated", "--python", sys.executable, "script.py"])
    assert "`python script.py`: 1 line printed before and with the rewrites" in told.output
    quiet = CliRunner().invoke(vmapify, ["fix", "--isolated", "--no-rerun", "--python", sys.executable, "script.py"])
    assert "`python script.py`" not in quiet.output


WEAK = """
import jax
import jax.numpy as jnp


def squares():
    return jnp.stack([jnp.square(i) for i in range(40)])


print(squares().sum())
print({use})
"""


@pytest.mark.parametrize(
    ("use", "ready"),
    [
        ("squares().max()", True),
        ("squares().astype(jnp.int16).dtype", True),
        ("(squares() * jnp.int16(2)).dtype", False),
    ],
)
def test_a_lost_weak_type_needs_a_run_in_which_no_dtype_changes(
    use: str, ready: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    (tmp_path / "script.py").write_text(WEAK.format(use=use), encoding="utf-8")
    given = ("fix", "--isolated", "--min-speedup", "0", "--python", sys.executable, "script.py")
    told = CliRunner().invoke(vmapify, given)
    assert ("can be written" in told.output) is ready, told.output
    assert ("int32' instead of 'int16'" in told.output) is not ready, told.output
    alone = CliRunner().invoke(vmapify, [*given, "--no-rerun"])
    assert "a weak type is lost" in alone.output
