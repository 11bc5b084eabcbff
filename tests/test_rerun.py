"""The workload as the last judge: run once more with all rewrites in place, it has to end, print and leave what it did."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from verify_regions import region

from vmapify.cli.main import vmapify
from vmapify.diagnostic import Finding, Site, Span
from vmapify.pipeline import rerun
from vmapify.report import Outcome
from vmapify.source import SourceFile, read
from vmapify.verify import Footprint, Ran, VerifyOptions, apart, differences, judge_sites, run_again
from vmapify.verify.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINES = [
    ("same", "loss 0.25", "loss 0.25", True),
    ("rounding", "loss 0.84147098 at step 3", "loss 0.841471 at step 3", True),
    ("another width of an array", "[0.8414710  1.       ]", "[0.841471   0.99999994]", True),
    ("what is left of zero", "residual 1.19e-07", "residual 2.4e-06", True),
    ("durations in words", "41 passed in 1.23s", "41 passed in 65 seconds", True),
    ("durations of one form", "41 passed in 1.23s", "41 passed in 10.5s", True),
    ("progress", "100%|####| 10/10 [00:01<00:00, 9.1it/s]", "100%|####| 10/10 [00:03<00:00, 3.7it/s]", True),
    ("addresses", "<Model at 0x7f11>", "<Model at 0x7e22>", True),
    ("another number", "loss 0.8414", "loss 0.8314", False),
    ("another whole number", "step 3", "step 4", False),
    ("another count", "41 passed in 1.23s", "40 passed in 1.23s", False),
    ("another word", "converged", "diverged", False),
    ("a number gone", "a 1.0 2.0", "a 1.0", False),
]


def _footprint(printed: str = "", code: int = 0, **values: list[dict[str, str]]) -> Footprint:
    return Footprint(code, printed, ({"values": values, "files": [], "whole": True},))


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
    aside = differences(before, again, frozenset())
    (left,) = apart(differences(before, after, frozenset()), aside)
    assert left.where == ("prints", 1)


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
    assert program.left is not None
    assert program.left.processes[0]["files"] == [str(script.parent / "written.txt")]
    assert "table" in program.left.processes[0]["values"]
    plain = run_again(program, [], options)
    right = run_again(program, [_source(script, (SECOND, "jax.vmap(plain)(xs)"))], options)
    assert plain is not None
    assert right is not None
    assert differences(plain, right, frozenset()) == []
    assert differences(program.left, plain, frozenset()), "judging has left its own ticks"
    both = _source(script, (SECOND, "jax.vmap(plain)(xs)"), (FIRST, "jax.vmap(noted)(xs)"))
    wrong = run_again(program, [both], options)
    assert wrong is not None
    (one,) = differences(plain, wrong, frozenset())
    assert one.text == "it prints 'ticks 1' instead of 'ticks 4'"


def test_a_value_left_in_the_module_is_compared(script: Path) -> None:
    options, ran = VerifyOptions(python=sys.executable), list[Ran]()
    judge_sites([region(script, "second", "return jax.vmap(plain)(xs)")], options, ran=ran)
    doubled = run_again(ran[0], [_source(script, ("table = second(XS)", "table = 2 * second(XS)"))], options)
    assert doubled is not None
    assert ran[0].left is not None
    (one,) = differences(ran[0].left, doubled, frozenset())
    assert one.where[-1] == "table"


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
    program = Ran(Workload((), "a.py", "module", stop=True), sites, 1.0, _footprint("right"), "")
    outcomes = [Outcome(finding, "proposed") for finding in findings]
    found, (told,), confirmed = rerun.judged_by_workloads(outcomes, {"a.py": source}, None, [program], run)  # type: ignore[arg-type]
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
