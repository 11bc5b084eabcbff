"""``vmapify bench`` and the profit gate: what is run in which order, and what is made of the numbers. No real times."""

from __future__ import annotations

import dataclasses
import json
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import LOOP

from vmapify.diagnostic import Edit, Finding, Measurement, Site, Span, Speedup, Timing, Verification, speedup_of
from vmapify.pipeline.profit import unprofitable
from vmapify.report.bench import table
from vmapify.report.evidence import evidence
from vmapify.rewrite.in_batches import in_batches
from vmapify.verify.combine_reports import folded, weighed
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.memory import live_at_once
from vmapify.verify.worker.observe import observe
from vmapify.verify.worker.pair import Budget, Pair
from vmapify.verify.worker.plan import Measure
from vmapify.verify.worker.profit import Ahead, Profit, looked_ahead
from vmapify.verify.worker.row_count import counted
from vmapify.verify.worker.size_table import Seen, Sweep, expected
from vmapify.verify.worker.sizes import extent, with_rows
from vmapify.verify.worker.stages import OWN_TIME
from vmapify.verify.worker.stopwatch import Series, in_turns, quartiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from click.testing import Result

    from vmapify.verify import VerifyOptions
    from vmapify.verify.worker.observe import Call

    Run = Callable[..., Result]


class Machine:
    """A clock that only moves when something runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []

    def runs(self, name: str, seconds: float) -> Callable[[], float]:
        def run() -> float:
            self.log.append(name)
            self.now += seconds
            return seconds

        return run

    def clock(self) -> float:
        return self.now


def test_versions_take_turns_and_change_the_order() -> None:
    machine = Machine()
    found = in_turns([machine.runs("loop", 1.0), machine.runs("vmap", 0.5)], 6.0, fewest=2, clock=machine.clock)
    assert machine.log == ["loop", "vmap", "vmap", "loop", "loop", "vmap", "vmap", "loop"]
    assert found == [[1.0] * 4, [0.5] * 4]


def test_the_fewest_rounds_are_made_and_the_most_are_enough() -> None:
    machine = Machine()
    in_turns([machine.runs("slow", 100.0)], 1.0, fewest=3, clock=machine.clock)
    assert machine.log == ["slow"] * 3
    in_turns([machine.runs("quick", 1e-9)], 1.0, most=7, clock=machine.clock)
    assert machine.log[3:] == ["quick"] * 7


def test_no_more_rounds_are_made_than_are_wanted() -> None:
    machine = Machine()
    runs = [machine.runs("loop", 0.1), machine.runs("vmap", 0.5)]
    in_turns(runs, 60.0, enough=lambda found: len(found[0]) == 4, clock=machine.clock)
    assert len(machine.log) == 8


def test_looking_ahead_takes_every_row_to_cost_the_same() -> None:
    loop, rewrite = (lambda rows: 1.0 + 2.0 * rows), (lambda rows: 20.0 + 0.5 * rows)
    found = looked_ahead((4, loop(4), rewrite(4)), loop(1), (128, rewrite(128)))
    assert found.factor == pytest.approx(loop(128) / rewrite(128))
    assert found.even == 13
    assert loop(found.even) >= rewrite(found.even) > loop(found.even - 1) - 2
    assert looked_ahead((4, 9.0, 5.0), 3.0, (128, 6.0)).even is None
    assert looked_ahead((4, 9.0, 10.0), 9.5, (128, 400.0)) == Ahead(9.0 / 400.0, None)


def test_medians_and_quartiles() -> None:
    assert quartiles([4.0, 1.0, 3.0, 2.0, 100.0]) == (2.0, 3.0, 4.0)
    assert quartiles([1.0, 3.0]) == (1.0, 2.0, 3.0)
    plain = Series(9.0, (1.0, 2.0, 3.0)).plain()
    assert plain == {"first": 9.0, "steady": 2.0, "low": 1.5, "high": 2.5, "runs": 3}


def timing(
    steady: float, first: float | None = 1.0, spread: float = 0.1, runs: int = 9, memory: int | None = None
) -> Timing:
    return Timing(first, steady, steady * (1 - spread), steady * (1 + spread), runs, memory)


def verified(loop: Timing, rewrite: Timing, *, telling: bool = True) -> Verification:
    return Verification("identical", speedup=speedup_of(loop, rewrite, 4, "eager", telling=telling))


SLOW = verified(timing(0.001), timing(0.0025))


def in_a_run(
    found: Verification, calls: int = 101, seconds: float | None = 2.0, *, lockstep: bool = False
) -> Verification:
    assert found.speedup is not None
    found = dataclasses.replace(found, speedup=dataclasses.replace(found.speedup, lockstep=lockstep))
    return weighed(found, calls, seconds)


@pytest.mark.parametrize(
    ("verification", "minimum", "left"),
    [
        pytest.param(SLOW, 0.9, True, id="clearly slower"),
        pytest.param(SLOW, 0.0, False, id="the gate is off"),
        pytest.param(SLOW, 0.3, False, id="allowed to be that slow"),
        pytest.param(verified(timing(0.001), timing(0.001)), 0.9, False, id="equal"),
        pytest.param(verified(timing(0.003), timing(0.001)), 0.9, False, id="faster"),
        pytest.param(verified(timing(0.003), timing(0.001)), 5.0, True, id="not as fast as asked for"),
        pytest.param(verified(timing(0.001), timing(0.0013, spread=0.5)), 0.9, False, id="within the spread"),
        pytest.param(verified(timing(0.001), timing(0.0015, runs=1)), 0.9, False, id="too few runs for this"),
        pytest.param(verified(timing(0.001, runs=1), timing(0.0025, runs=1)), 0.9, True, id="few runs, twice as slow"),
        pytest.param(verified(timing(1e-5, first=9.0), timing(3e-5)), 0.9, False, id="compiles so much faster"),
        pytest.param(verified(timing(1e-3, first=9.0), timing(3e-3)), 0.9, True, id="compiling is not all"),
        pytest.param(verified(timing(0.001), timing(0.0025), telling=False), 0.9, False, id="a size that says little"),
        pytest.param(Verification("identical", speedup=Speedup(1.0, 0.1)), 0.9, False, id="ratios without times"),
        pytest.param(None, 0.9, False, id="not run"),
    ],
)
def test_what_is_worth_writing(verification: Verification | None, minimum: float, left: bool) -> None:
    assert bool(unprofitable(verification, minimum)) is left


@pytest.mark.parametrize(
    ("verification", "noticed"),
    [
        pytest.param(SLOW, "", id="nobody has seen calls"),
        pytest.param(in_a_run(SLOW, 1), "", id="one call"),
        pytest.param(in_a_run(SLOW, 30), "", id="less than 50 ms"),
        pytest.param(in_a_run(SLOW), "150 ms longer", id="more than both"),
        pytest.param(in_a_run(SLOW, seconds=60.0), "", id="less than a twentieth"),
        pytest.param(in_a_run(SLOW, seconds=None), "150 ms longer", id="nobody knows how long the run was"),
        pytest.param(
            in_a_run(verified(timing(0.001, first=1.2), timing(0.0025))), "", id="the first call makes up for it"
        ),
        pytest.param(
            in_a_run(verified(timing(0.001, first=0.2), timing(0.001)), 1), "800 ms longer", id="the first call"
        ),
        pytest.param(in_a_run(verified(timing(0.001, first=0.6), timing(0.001)), 1), "", id="compiling varies"),
        pytest.param(
            in_a_run(verified(timing(0.001, first=0.2), timing(0.0001)), 999), "", id="later calls make up for it"
        ),
        pytest.param(in_a_run(verified(timing(0.001), timing(0.0012)), 9999), "", id="within the spread"),
        pytest.param(verified(timing(0.010), timing(0.021)), "11 ms a call longer", id="10 ms a call"),
        pytest.param(verified(timing(0.010), timing(0.021), telling=False), "", id="a size that says little"),
        pytest.param(verified(timing(0.100), timing(0.111)), "", id="10 ms within the spread"),
        pytest.param(in_a_run(SLOW, 1, lockstep=True), "every row runs as long", id="rows wait for the slowest"),
        pytest.param(
            in_a_run(verified(timing(0.003), timing(0.001)), 1, lockstep=True), "", id="and gain all the same"
        ),
        pytest.param(verified(timing(0.001, first=None), timing(0.0025, first=None)), "", id="no first call"),
        pytest.param(None, "", id="not run"),
    ],
)
def test_what_a_user_would_notice(verification: Verification | None, noticed: str) -> None:
    why = unprofitable(verification, None)
    assert noticed in why
    assert bool(why) is bool(noticed)


def test_a_slower_rewrite_is_an_outcome_of_its_own(
    run: Run, tmp_path: Path, fake_core: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fake_core
    monkeypatch.setattr("vmapify.cli.fix.judge_with", lambda *options: lambda sites: [in_a_run(SLOW) for _ in sites])
    (tmp_path / "a.py").write_text(LOOP)
    result = run("fix", "--write")
    assert result.exit_code == 1
    why = (
        "0.4x at n=4 (2.5 ms a call against the loop's 1.0 ms); your run takes 150 ms longer by it (101 calls in 2.0 s)"
    )
    assert f"verified, but slower: {why}; left" in result.stdout
    assert "1 verified, but slower than the loop, and left." in result.stdout
    assert (tmp_path / "a.py").read_text() == LOOP
    (finding,) = json.loads(run("fix", "--output-format", "json").stdout)["findings"]
    assert finding["outcome"] == {"state": "slower", "why": why}
    (tmp_path / "vmapify.toml").write_text("min-speedup = 0.1\n")
    assert run("fix", "--write").exit_code == 0


def test_a_ratio_that_is_asked_for_is_the_strict_rule(
    run: Run, tmp_path: Path, fake_core: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fake_core
    monkeypatch.setattr("vmapify.cli.fix.judge_with", lambda *options: lambda sites: [SLOW for _ in sites])
    (tmp_path / "a.py").write_text(LOOP)
    assert run("fix", "--write", "--min-speedup", "0.9").exit_code == 1
    assert (tmp_path / "a.py").read_text() == LOOP
    assert run("fix", "--write").exit_code == 0


ROWS = (
    Measurement(1, "eager", timing(1e-4), timing(5e-4)),
    Measurement(1, "jit", timing(1e-6, memory=160), timing(1e-6, memory=2_500_000)),
    Measurement(10, "eager", None, timing(5e-4, runs=1), "loop: would take about 40 s, with 3 s left"),
    Measurement(10, "jit", None, None, "loop: TypeError: no; rewrite: TypeError: no"),
)


def test_the_table_has_a_row_for_each_size_and_mode() -> None:
    assert table(ROWS) == [
        "            first call         steady state                   memory",
        "        n   loop   vmap         loop         vmap  ratio   loop    vmap",
        "eager   1  1.0 s  1.0 s  100 us ±10%  500 us ±10%   0.2x      -       -",
        "       10      -  1.0 s            -       500 us      -      -       -",
        "jit     1  1.0 s  1.0 s  1.0 us ±10%  1.0 us ±10%     1x  160 B  2.5 MB",
    ]


@pytest.fixture
def measured(fake_core: None, monkeypatch: pytest.MonkeyPatch) -> list[VerifyOptions]:
    """A stand-in for the verifier that measures; the options that it was asked with."""
    asked: list[VerifyOptions] = []

    def judge(sites: Sequence[Site], options: VerifyOptions, **_: Any) -> dict[int, Verification]:
        asked.append(options)
        return {index: dataclasses.replace(SLOW, measurements=ROWS) for index, _ in enumerate(sites)}

    monkeypatch.setattr("vmapify.verify.judge_sites", judge)
    return asked


def test_bench_tells_and_plots(run: Run, tmp_path: Path, measured: list[VerifyOptions]) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("bench", "--sizes", "1,10", "--report", "plot.svg")
    assert result.exit_code == 0
    assert measured[0].sizes == (1, 10)
    assert result.stdout.startswith("VM101 a.py:7 energies: identical")
    assert "\n  eager, n=10: loop: would take about 40 s, with 3 s left\n" in result.stdout
    drawing = ET.fromstring((tmp_path / "plot.svg").read_text())
    assert len(drawing.findall(".//{*}polyline")) == 4
    assert run("bench", "--report", "plot.html").exit_code == 0
    assert "<svg" in (tmp_path / "plot.html").read_text()


def test_bench_in_json(run: Run, tmp_path: Path, measured: list[VerifyOptions]) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    document = json.loads(run("bench", "--output-format", "json").stdout)
    assert measured[0].sizes == (1, 10, 100, 1000, 10000)
    (result,) = document["results"]
    assert (result["code"], result["path"], result["line"], result["function"]) == ("VM101", "a.py", 7, "energies")
    first, *_, last = result["measurements"]
    assert (first["batch_size"], first["mode"], first["speedup"]["steady"]) == (1, "eager", pytest.approx(0.2))
    assert last["speedup"] is None
    assert last["skipped"].startswith("loop: TypeError")


@pytest.mark.usefixtures("measured")
def test_bench_wants_numbers_of_rows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("bench", "--sizes", "few")
    assert result.exit_code == 2
    assert "--sizes must be numbers of rows" in result.stderr


VERSIONS = """\
import jax
import jax.numpy as jnp

def f(w, x):
    return jnp.tanh(w @ x).sum()

def all_of_them(w, xs):
    return {}

def inputs():
    yield jnp.eye(3), jnp.arange(15.0).reshape(5, 3)
"""
VMAP = "jax.vmap(f, in_axes=(None, 0))(w, xs)"


def test_two_versions_are_measured_at_every_size(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(VERSIONS.format("jnp.stack([f(w, x) for x in xs])"))
    (tmp_path / "new.py").write_text(VERSIONS.format(VMAP))
    options = ("--inputs", "old.py", "--function", "all_of_them", "--sizes", "1,7", "--output-format", "json")
    result = run("bench", "old.py", "new.py", *options)
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)["results"]
    assert one["function"] == "all_of_them"
    assert [(row["batch_size"], row["mode"]) for row in one["measurements"]] == [
        (size, mode) for size in (1, 5, 7) for mode in ("eager", "jit")
    ]
    for row in one["measurements"]:
        assert row["skipped"] == ""
        for version in ("loop", "rewrite"):
            assert row[version]["first"] > row[version]["steady"] > 0
            assert row[version]["memory"] > 0


def loops(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"out": jnp.stack([jnp.tanh(x).sum() for x in inputs["xs"]])}


def mapped(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"out": jax.vmap(lambda x: jnp.tanh(x).sum())(inputs["xs"])}


def slow_on_many(inputs: dict[str, Any]) -> dict[str, Any]:
    time.sleep(0.0005 * len(inputs["xs"]))
    return mapped(inputs)


@pytest.mark.parametrize(("rewrite", "doubt"), [(mapped, False), (slow_on_many, True)])
def test_the_loop_runs_over_many_rows_only_where_its_time_on_few_leaves_a_doubt(
    rewrite: Callable[[dict[str, Any]], dict[str, Any]], doubt: bool
) -> None:
    rows: set[int] = set()

    def loop(inputs: dict[str, Any]) -> dict[str, Any]:
        rows.add(len(inputs["xs"]))
        time.sleep(0.0003 * len(inputs["xs"]))
        return loops(inputs)

    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    pair = Pair(loop, rewrite, {"out": 0})
    first, second = observe(loop, inputs), observe(rewrite, inputs)
    found = Profit(pair, inputs, first, second, Budget(60)).timing(Measure(real=False))
    assert (128 in rows) is doubt
    assert found["telling"] is doubt
    rows.clear()
    unasked = Profit(pair, inputs, first, second, Budget(60)).timing(Measure(real=False, minimum=0.0))
    assert rows == {5}
    assert not unasked["telling"]


@pytest.mark.parametrize(("memory", "verdict"), [(None, "identical"), (1e12, "identical"), (1.0, "inconclusive")])
def test_what_does_not_fit_is_not_run(memory: float | None, verdict: str) -> None:
    pair, xs = Pair(loops, mapped, {"out": 0}), jnp.arange(15.0).reshape(5, 3)
    report = judge_values(pair, {"xs": xs}, "given", Budget(60), lambda report: None, Measure(memory=memory))
    assert report["verdict"] in {verdict, "equivalent" if verdict == "identical" else verdict}
    assert report["obstacle"] == ("memory" if verdict == "inconclusive" else None)
    assert report["rows_that_fit"] == (1 if verdict == "inconclusive" else None)


SCALES = (1.0, 2.0, 4.0)
CONSTANTS = {"SCALES": SCALES, "N": 4, "TABLE": jnp.zeros((6, 2)), "CONFIG": {"n": 3}, "FLAG": True}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("return jnp.stack([f(i) for i in range(5)])", 5),
        ("out = []\nfor i in range(1, N):\n    for k in range(7):\n        out.append(f(i))", 3),
        ("for k, s in enumerate(SCALES):\n    out = out.at[k].set(f(s))", 3),
        ("for a, b in zip((1, 2, 3, 4), [5, 6]):\n    out.append(a * b)", 2),
        ("for row in TABLE:\n    out.append(f(row))", 6),
        ("for i in reversed(range(9, 0, -2)):\n    out.append(f(i))", 5),
        ("for a, x in zip(SCALES, xs):\n    for k in range(4):\n        out.append(a * x)", None),
        ("for x in xs:\n    out.append(jnp.stack([x * k for k in range(4)]))", None),
        ("for i in range(n):\n    out.append(f(i))", None),
        ("for i in range(xs.shape[0]):\n    out.append(f(i))", None),
        ("for i in range(N - k):\n    out.append(f(i))", None),
        ("for name in CONFIG:\n    out.append(f(name))", None),
        ("for i in (0, *more):\n    out.append(f(i))", None),
        ("for i in range(FLAG):\n    out.append(f(i))", None),
        ("for i in range(0, 4, 0):\n    out.append(f(i))", None),
        ("return jnp.stack(list(map(lambda x: [x for _ in range(4)], xs)))", None),
        ("while True:\n    pass", None),
    ],
)
def test_the_text_says_how_many_rows_there_are(text: str, rows: int | None) -> None:
    assert counted(text, CONSTANTS) == rows


def timed(measure: Measure, *, rows: int | None = None) -> Speedup | None:
    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    pair = Pair(slow_rows, slow_call, {"out": 0}, counted=rows)
    runs = [observe(call, inputs) for call in (slow_rows, slow_call)]
    found = Profit(pair, inputs, runs[0], runs[1], Budget(60)).timing(measure)
    return folded([{**REPORT, "timing": found}]).speedup


def slow_rows(inputs: dict[str, Any]) -> dict[str, Any]:
    time.sleep(0.0003 * len(inputs["xs"]))
    return loops(inputs)


def slow_call(inputs: dict[str, Any]) -> dict[str, Any]:
    time.sleep(0.004)
    return mapped(inputs)


FIELDS = "reason device jax inputs batch max_error_loop max_error_vmap peak_memory example device_kind matmul_precision"
REPORT = dict.fromkeys([*FIELDS.split(), "enable_x64"]) | {"verdict": "identical"}


@pytest.mark.parametrize(
    ("measure", "rows", "left"),
    [
        pytest.param(Measure(), None, True, id="the rows of a real run"),
        pytest.param(Measure(real=False), 5, True, id="the rows that the text names"),
        pytest.param(Measure(real=False), 4, False, id="the text speaks of other rows"),
        pytest.param(Measure(real=False), None, False, id="made-up rows"),
    ],
)
def test_a_loop_over_few_rows_is_left_only_where_their_number_is_known(
    measure: Measure, rows: int | None, left: bool
) -> None:
    speedup = timed(measure, rows=rows)
    assert speedup is not None
    why = unprofitable(Verification("identical", speedup=speedup), 0.9)
    assert bool(why) is left
    assert speedup.break_even is not None
    assert 5 < speedup.break_even < 128
    said = f"faster from about {speedup.break_even} rows on"
    assert not left or why.endswith(said)
    assert evidence(Verification("identical", speedup=speedup))[-1].endswith(f" at n=5, {said}")


@pytest.fixture
def just_begun() -> Iterator[None]:
    """A program that has not compiled anything that took long."""
    OWN_TIME.begin()
    with OWN_TIME.paused():
        yield


@jax.jit
def compiles_long(xs: jax.Array) -> jax.Array:
    time.sleep(0.3)  # runs when it is traced
    return jnp.tanh(xs).sum(axis=-1)


def loops_and_compiles(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"out": jnp.stack([compiles_long(x) for x in inputs["xs"]]) + 0 * compiles_long(inputs["xs"])}


def maps_and_compiles(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"out": compiles_long(inputs["xs"])}


PAIR = Pair(loops_and_compiles, maps_and_compiles, {"out": 0})


@pytest.mark.usefixtures("just_begun")
def test_nothing_is_compiled_before_a_first_call() -> None:
    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    loop, rewrite = observe(PAIR.before, inputs), observe(PAIR.after, inputs)
    assert loop.seconds > 0.6
    assert rewrite.seconds < 0.1, "the loop has compiled what it needs"
    found = Profit(PAIR, inputs, loop, rewrite, Budget(60)).timing(Measure())
    assert found["loop"]["first"] > 0.6
    assert found["rewrite"]["first"] > 0.3


@pytest.mark.usefixtures("just_begun")
def test_first_calls_are_not_measured_where_that_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    cleared: list[None] = []
    monkeypatch.setattr("vmapify.verify.worker.profit.clear_caches", lambda: cleared.append(None))
    monkeypatch.setattr(OWN_TIME, "_before", 60.0)
    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    pair = Pair(loops, mapped, {"out": 0})
    found = Profit(pair, inputs, observe(loops, inputs), observe(mapped, inputs), Budget(60)).timing(Measure())
    assert not cleared, "the user's program would have to compile for as long as it has run"
    speedup = folded([{**REPORT, "timing": found}]).speedup
    assert speedup is not None
    assert speedup.first_call is None
    assert "first call not measured, " in evidence(Verification("identical", speedup=speedup))[-1]


def test_a_missing_speed_has_a_reason() -> None:
    inputs = {"xs": jnp.arange(60.0).reshape(20, 3)}
    pair = Pair(loops, mapped, {"out": 0})
    report = judge_values(pair, inputs, "synthesized", Budget(60), lambda report: None, Measure(traced=True))
    found = folded([report])
    why = "it runs inside a transformation, over more than 16 rows"
    assert found.unmeasured == why
    assert evidence(found)[-1] == f"speed not measured: {why}"
    assert folded([{**REPORT, "verdict": "different"}]).unmeasured == ""
    assert folded([REPORT]).unmeasured == "time ran out"


def rows_that_diverge(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"out": jnp.stack([counts_down(x) for x in inputs["xs"]])}


def mapped_in_lockstep(inputs: dict[str, Any]) -> dict[str, Any]:
    time.sleep(0.0005 * len(inputs["xs"]))
    return {"out": jax.vmap(counts_down)(inputs["xs"])}


@jax.jit
def counts_down(x: jax.Array) -> jax.Array:
    return jax.lax.while_loop(lambda v: v.sum() > 1, lambda v: v / 2, x)


@pytest.mark.parametrize(("loop", "lockstep"), [(rows_that_diverge, True), (loops, False)])
def test_rows_that_run_as_long_as_the_slowest(loop: Call, lockstep: bool) -> None:
    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    rewrite = mapped_in_lockstep if lockstep else slow_on_many
    pair = Pair(loop, rewrite, {"out": 0})
    found = Profit(pair, inputs, observe(loop, inputs), observe(rewrite, inputs), Budget(60)).timing(
        Measure(), fresh=False
    )
    assert found["loop"]["steady"] < found["rewrite"]["steady"]
    assert found["lockstep"] is lockstep


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [
        ({"key": jax.random.PRNGKey(0), "keys": jax.random.split(jax.random.PRNGKey(0), 5)}, 5),
        ({"key": jax.random.PRNGKey(0), "more": jax.random.PRNGKey(1), "xs": jnp.zeros((5, 3))}, 5),
        ({"key": jax.random.PRNGKey(0)}, None),
        ({"w": jnp.zeros(3), "xs": jnp.zeros((5, 3))}, 5),
        ({"xs": jnp.zeros((2, 3))}, 2),
        ({"xs": jnp.zeros(2, jnp.uint32), "ys": jnp.zeros((2, 3))}, 2),
    ],
)
def test_the_words_of_a_key_are_no_rows(inputs: dict[str, Any], rows: int | None) -> None:
    pair = Pair(lambda given: {"out": given["xs"].sum()}, mapped, {"out": None})
    outcome = observe(lambda _: {"out": jnp.float32(0)}, inputs)
    assert extent(pair, outcome, inputs) == rows


def test_a_key_keeps_its_words_when_rows_are_selected() -> None:
    key = jax.random.PRNGKey(7)
    inputs = with_rows({"key": key, "keys": jnp.stack([key, key + 1])}, 2, np.arange(3) % 2)
    assert inputs["key"].tolist() == key.tolist()
    assert inputs["keys"].tolist() == [key.tolist(), (key + 1).tolist(), key.tolist()]


def test_random_numbers_that_are_others_in_float64_are_no_errors() -> None:
    def noisy(x: jax.Array) -> jax.Array:
        return (jnp.tanh(x) + jax.random.normal(jax.random.key(3), (3,))) @ jnp.ones(3) / 3

    pair = Pair(
        lambda given: {"out": jnp.stack([noisy(x) for x in given["xs"]])},
        lambda given: {"out": jax.vmap(noisy)(given["xs"]) * 7 / 7},
        {"out": 0},
    )
    xs = jnp.linspace(-1.0, 1.0, 15).reshape(5, 3)
    report = judge_values(pair, {"xs": xs}, "synthesized", Budget(60), lambda report: None)
    assert report["verdict"] == "equivalent"
    assert report["max_error_loop"] is report["max_error_vmap"] is None


def seen(*rows: tuple[int, float, float]) -> list[Seen]:
    return [Seen(count, first, 0.9 * steady, steady, 1.1 * steady) for count, first, steady in rows]


@pytest.mark.parametrize(
    ("runs", "loop", "whole", "least", "most"),
    [
        pytest.param([], True, False, 0, 0, id="nothing was seen"),
        pytest.param([(1, 0.5, 0.001)], False, False, 0, 0.01, id="one row tells nothing of vmap"),
        pytest.param([(1, 0.4, 0.001), (5, 0.5, 0.00101)], False, False, 0.5, 0.6, id="noise does not grow"),
        pytest.param([(1, 0.1, 0.001), (5, 0.5, 0.00101)], False, False, 0.5, 0.6, id="vmap compiles once"),
        pytest.param([(10, 0.5, 0.01), (100, 0.5, 0.1)], False, False, 15, 25, id="what grows is foreseen"),
        pytest.param([(5, 0.5, 0.005)], True, False, 10, 70, id="a loop's steps cost the same each"),
        pytest.param([(10, 0.1, 0.01), (100, 1.0, 0.1)], True, True, 100, 600, id="compiling a loop grows"),
    ],
)
def test_what_is_expected_of_ten_thousand_rows(
    runs: list[tuple[int, float, float]], loop: bool, whole: bool, least: float, most: float
) -> None:
    assert least <= expected(seen(*runs), 10_000, loop=loop, whole=whole) <= most


def test_a_size_is_left_out_with_the_sizes_that_say_so() -> None:
    def slow(inputs: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.01 * len(inputs["xs"]))
        return loops(inputs)

    inputs = {"xs": jnp.arange(15.0).reshape(5, 3)}
    sweep = Sweep(Pair(slow, mapped, {"out": 0}), inputs, observe(slow, inputs), Measure(sizes=(2, 4000), seconds=20.0))
    table = sweep.run(lambda rows: None)
    (last,) = [row for row in table if row["rows"] == 4000 and row["mode"] == "eager"]
    assert last["loop"] is None
    assert last["rewrite"] is not None, "vmap is quick on them"
    assert last["skipped"].startswith("loop: would take about ")
    assert "going by n=2 and n=5, with " in last["skipped"]


REPEATED = """\
import jax
import jax.numpy as jnp


def losses(xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(jnp.tanh(x).sum())
    return jnp.stack(out)


if __name__ == "__main__":
    for _ in range(70):
        losses(jnp.arange(12.0).reshape(4, 3))
"""


def test_the_calls_of_a_run_are_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(REPEATED)
    result = run("fix", "program.py", "--run", "python program.py", "--output-format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    speedup = finding["verification"]["speedup"]
    assert speedup["calls"] == 70
    assert 0.1 < speedup["run_seconds"] < 60
    assert speedup["first_call"] > 0
    assert finding["outcome"] == {"state": "proposed", "why": ""}


TUTORIAL = """\
import jax
import jax.numpy as jnp


def sum_of_squares(x):
    return jnp.sum(x**2)


batch = jnp.arange(12.0).reshape(4, 3)
results = []
for i in range(batch.shape[0]):
    results.append(sum_of_squares(batch[i]))
out = jnp.stack(results)
print(out)
"""


def test_the_four_rows_of_the_tutorial_are_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tutorial.py").write_text(TUTORIAL)
    assert run("fix", "--write", "tutorial.py").exit_code == 0
    assert "out = jax.vmap(sum_of_squares)(batch)\n" in (tmp_path / "tutorial.py").read_text()


def test_bytes_held_at_once() -> None:
    traced = jax.make_jaxpr(lambda x: jnp.outer(x, x).sum())(jnp.zeros(100, jnp.float32))
    assert 40_000 <= live_at_once(traced.jaxpr) <= 82_000


TOO_LARGE = Verification("inconclusive", "the rewrite needs 9 GB", obstacle="memory", rows_that_fit=16)


@pytest.mark.parametrize(("verdict", "state"), [("identical", "written"), ("different", "left")])
def test_rows_that_do_not_fit_are_mapped_in_batches(
    verdict: Any, state: str, run: Run, tmp_path: Path, fake_core: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fake_core
    asked: list[str] = []

    def judge(sites: Sequence[Site]) -> list[Verification]:
        asked.extend(site.after for site in sites)
        return [Verification(verdict, "bitwise equal") if "lax.map" in site.after else TOO_LARGE for site in sites]

    monkeypatch.setattr("vmapify.cli.fix.judge_with", lambda *options: judge)
    (tmp_path / "a.py").write_text(LOOP)
    (finding,) = json.loads(run("fix", "--write", "--output-format", "json").stdout)["findings"]
    assert finding["outcome"]["state"] == state
    assert len(asked) == 2
    written = "return jax.lax.map(jnp.sin, xs, batch_size=16)\n" in (tmp_path / "a.py").read_text()
    assert written is (state == "written")
    assert "the rewrite needs 9 GB" in finding["verification"]["reason"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("return jax.vmap(f)(xs)", "return jax.lax.map(f, xs, batch_size=8)"),
        (
            "return jax.vmap(lambda x: f(w, x))(xs).sum()",
            "return jax.lax.map(lambda x: f(w, x), xs, batch_size=8).sum()",
        ),
        ("return jax.vmap(jax.vmap(f))(xs)", "return jax.lax.map(jax.vmap(f), xs, batch_size=8)"),
        ("return jax.vmap(f, in_axes=1)(xs)", None),
        ("return jax.vmap(f)(xs, ys)", None),
        ("return vmap(f)(xs)", None),
        ("a = jax.vmap(f)(xs)\nb = jax.vmap(g)(xs)", None),
    ],
)
def test_the_form_in_batches(after: str, expected: str | None) -> None:
    span = Span(0, 1)
    site = Site("a.py", 1, 0, None, "", after)
    finding = Finding("VM101", "", "a.py", None, span, None, "rewrite", edits=(Edit(span, after),), site=site)
    found = in_batches(finding, 8)
    assert (found.edits[0].content if found is not None else None) == expected
