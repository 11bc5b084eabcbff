"""The power of the evidence: right rewrites whose lanes are hidden are accepted, wrong ones of the same form are not."""

from __future__ import annotations

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import functools
import itertools
import threading
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import vmap

from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.mistake import Mistake, possible
from vmapify.verify.worker.pair import Budget, Pair

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = {"identical", "equivalent"}
ROWS = 21
partial = functools.partial


@jax.jit
def sched(t: Any) -> Any:
    return jnp.where(t < 5, t / 5.0, 0.5 * (1 + jnp.cos(t / 21.0)))


@jax.jit
def level(t: Any) -> Any:
    """Equal for all rows that are asked for, but only for these."""
    return jnp.where(t < 100, 3.0, 4.0)


EXPECTED = np.array([sched(t) for t in range(ROWS)])


def loop() -> list[Any]:
    return [sched(t) for t in range(ROWS)]


def pairs(n: int) -> Any:
    return jnp.array(list(itertools.combinations(range(n), 2)), jnp.float32)


def dot(i: Any, j: Any) -> Any:
    return jnp.sin(i) * jnp.cos(j)


def both(t: Any) -> tuple[Any, dict[str, Any]]:
    return sched(t), {"twice": sched(t) * jnp.arange(2.0)}


compiled = jax.jit(lambda: vmap(sched)(jnp.arange(ROWS)))
made_before = jax.vmap(sched)
made_and_compiled_before = jax.jit(jax.vmap(sched, out_axes=0))


def judge(before: Callable[[], Any], after: Callable[[], Any], budget: float = 60.0) -> dict[str, Any]:
    return judge_values(function_pair(before, after), {"args": (), "kwargs": {}}, "given", Budget(budget), _ignore)


def _ignore(report: dict[str, Any]) -> None:
    del report


def check(values: Any) -> None:
    np.testing.assert_allclose(EXPECTED, np.array(values), rtol=1e-4)


def total(rows: Any) -> Any:
    acc = jnp.float32(0)
    for row in rows:
        acc = acc + row
    return acc


def indices(shift: int = 0) -> Any:
    return jnp.arange(shift, ROWS + shift)


# the loop, the right rewrite as a function of the indices it is mapped over
FORMS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "np.array": (lambda: np.array(loop()), lambda ts: np.array(jax.vmap(sched)(ts))),
    "astype": (lambda: np.array(loop()).astype(np.float64), lambda ts: np.array(vmap(sched)(ts)).astype(np.float64)),
    "list": (loop, lambda ts: list(vmap(sched)(ts))),
    "floats": (lambda: [float(x) for x in loop()], lambda ts: vmap(sched)(ts).tolist()),
    "assertion": (lambda: check(loop()), lambda ts: check(jax.vmap(sched)(ts))),
    "text": (lambda: print(np.array(loop())), lambda ts: print(np.array(jax.vmap(sched)(ts)))),
    "sum": (lambda: total(loop()), lambda ts: jnp.sum(jax.vmap(sched)(ts))),
    "largest": (lambda: float(max(loop())), lambda ts: float(jnp.max(jax.vmap(sched)(ts)))),
    "smallest": (lambda: float(min(loop())), lambda ts: float(jnp.min(jax.vmap(sched)(ts)))),
    "inside jit": (lambda: np.array(loop()), lambda ts: np.array(jax.jit(lambda: vmap(sched)(ts))())),
    "partial": (lambda: np.array(loop()), lambda ts: np.array(partial(jax.vmap, in_axes=0)(sched)(ts))),
    "keyword": (lambda: np.array(loop()), lambda ts: np.array(jax.vmap(fun=sched, out_axes=0)(ts))),
    "lax.map": (lambda: np.array(loop()), lambda ts: np.array(jax.lax.map(sched, ts))),
    "lax.map in batches": (lambda: np.array(loop()), lambda ts: np.array(jax.lax.map(sched, ts, batch_size=5))),
    "made before": (lambda: np.array(loop()), lambda ts: np.array(made_before(ts))),
    "made and compiled before": (lambda: np.array(loop()), lambda ts: np.array(made_and_compiled_before(ts))),
    "another axis": (
        lambda: np.stack([np.asarray(both(t)[1]["twice"]) for t in range(ROWS)], 1),
        lambda ts: np.array(
            jax.vmap(lambda t: both(t)[1] | {"one": 1.0}, out_axes={"twice": 1, "one": None})(ts)["twice"]
        ),
    ),
    "nested": (
        lambda: np.array([[dot(i, j) for j in np.arange(3.0)] for i in np.arange(float(ROWS))]),
        lambda ts: np.array(vmap(lambda i: vmap(lambda j: dot(i, j))(jnp.arange(3.0)))(ts.astype(float))),
    ),
    "a tree": (
        lambda: [
            np.array(part) for part in zip(*((both(t)[0], both(t)[1]["twice"]) for t in range(ROWS)), strict=True)
        ],
        lambda ts: [np.array(part) for part in jax.tree.leaves(jax.vmap(both)(ts))],
    ),
    "gradient": (
        lambda: jax.grad(lambda w: sum(sched(t) * w for t in range(ROWS)))(2.0),
        lambda ts: jax.grad(lambda w: jnp.sum(vmap(lambda t: sched(t) * w)(ts)))(2.0),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_lanes_are_found_whatever_is_around_them(form: str) -> None:
    before, after = FORMS[form]
    report = judge(before, lambda: after(indices()))
    assert report["verdict"] in ACCEPTED, report


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_row_is_not_accepted_in_any_of_these_forms(form: str) -> None:
    before, after = FORMS[form]
    for wrong in (indices(1), indices().at[7].set(6), indices()[::-1]):
        report = judge(before, lambda wrong=wrong: after(wrong))
        if form in {"sum", "largest", "smallest", "gradient"} and report["verdict"] in ACCEPTED:
            # the order does not count in these, and neither does a row that is not the extreme one
            assert np.allclose(np.asarray(before()), np.asarray(after(wrong)), rtol=1e-5)
            continue
        assert report["verdict"] == "different", report


def test_pairs_of_indices_are_rows_though_no_input_has_their_number() -> None:
    before = lambda n: jnp.stack([dot(*ij) for ij in pairs(n)])  # noqa: E731

    def judged(after: Callable[..., Any]) -> str:
        inputs = {"args": (5,), "kwargs": {}}
        return str(judge_values(function_pair(before, after), inputs, "given", Budget(60), _ignore)["verdict"])

    assert judged(lambda n: jax.vmap(dot)(*pairs(n).T)) in ACCEPTED
    assert judged(lambda n: jax.vmap(dot)(*pairs(n)[:, ::-1].T)) == "different"
    assert judged(lambda n: jax.vmap(dot)(*pairs(n)[::-1].T)) == "different"


# equal rows: the loop, its vmap, and wrong rewrites that give the same numbers here
EQUAL: dict[str, tuple[Callable[[], Any], Callable[[], Any], tuple[Callable[[], Any], ...]]] = {
    "stacked": (
        lambda: jnp.stack([level(t) for t in range(5)]),
        lambda: jax.vmap(level)(jnp.arange(5)),
        (
            lambda: jax.vmap(level)(jnp.arange(1, 6)),
            lambda: jax.vmap(level)(jnp.arange(5)[::-1]),
            lambda: jax.vmap(lambda t: level(t + 1))(jnp.arange(5)),
            lambda: jax.vmap(lambda _: level(4))(jnp.arange(5)),
        ),
    ),
    "host arrays": (
        lambda: np.array([level(t) for t in range(5)]),
        lambda: np.array(jax.vmap(level)(jnp.arange(5))),
        (
            lambda: np.array(jax.vmap(level)(jnp.arange(1, 6))),
            lambda: np.array(jax.vmap(lambda _: level(4))(jnp.arange(5))),
        ),
    ),
    "with a step": (
        lambda: jnp.stack([level(t) * 2 for t in range(9, -1, -3)]),
        lambda: jax.vmap(lambda t: level(t) * 2)(jnp.arange(9, -1, -3)),
        (
            lambda: jax.vmap(lambda t: level(t) * 2)(jnp.arange(9, 1, -2)),
            lambda: jax.vmap(lambda t: level(t) * 2)(jnp.arange(4)),
        ),
    ),
    "constant": (
        lambda: jnp.stack([jnp.ones(2) for t in range(5)]),
        lambda: jax.vmap(lambda t: jnp.ones(2))(jnp.arange(5)),
        (lambda: jax.vmap(lambda t: jnp.where(t < 100, jnp.ones(2), 2.0))(jnp.arange(5)),),
    ),
}


@pytest.mark.parametrize("form", EQUAL)
def test_equal_lanes_are_accepted_where_every_row_runs_the_same_program(form: str) -> None:
    before, after, _ = EQUAL[form]
    report = judge(before, after)
    assert report["verdict"] in ACCEPTED, report
    assert "all lanes are equal; accepted because every row runs the same program" in report["reason"]


@pytest.mark.parametrize("form", EQUAL)
def test_rows_that_only_happen_to_be_equal_are_no_evidence(form: str) -> None:
    before, _, wrong = EQUAL[form]
    for after in wrong:
        report = judge(before, after)
        assert report["verdict"] == "inconclusive", report
        assert "all lanes are equal" in report["reason"]


def test_host_arrays_are_as_they_were_after_a_trace() -> None:
    functions = np.array, np.asarray, np.stack
    judge(*EQUAL["host arrays"][:2])
    assert (np.array, np.asarray, np.stack) == functions


def test_a_result_in_which_rows_do_not_count_is_no_evidence() -> None:
    report = judge(lambda: len(loop()), lambda: len(jax.vmap(sched)(indices())))
    assert report["verdict"] == "inconclusive"
    assert "would not be noticed" in report["reason"]


def test_an_assertion_that_would_let_wrong_rows_pass_is_no_evidence() -> None:
    loose = lambda values: np.testing.assert_allclose(EXPECTED, np.array(values), atol=2.0)  # noqa: E731
    report = judge(lambda: loose(loop()), lambda: loose(jax.vmap(sched)(indices())))
    assert report["verdict"] == "inconclusive"
    assert "would not be noticed" in report["reason"]


def test_one_call_that_is_noticed_does_not_speak_for_another() -> None:
    def after() -> None:
        check(jax.vmap(sched)(indices()))
        assert len(jax.vmap(level)(indices())) == ROWS

    assert judge(lambda: check(loop()), after)["verdict"] == "inconclusive"


def test_an_output_that_no_batch_reaches_has_no_evidence_from_one() -> None:
    before = lambda inputs: {"a": np.array(loop()), "b": 0 * len(inputs)}  # noqa: E731
    after = lambda inputs: {"a": np.array(jax.vmap(sched)(indices())), "b": 0 * len(inputs)}  # noqa: E731
    report = judge_values(Pair(before, after, {"a": None, "b": None}), {}, "given", Budget(60), _ignore)
    assert report["verdict"] == "inconclusive"
    assert " b:" in report["reason"]


def test_nothing_is_left_of_a_mistake() -> None:
    assert possible()
    functions = jax.vmap.__closure__, jax.lax.map.__closure__  # type: ignore[attr-defined]
    before = [cell.cell_contents for closure in functions for cell in closure]
    kept: list[Any] = []
    made = Mistake(0)
    with pytest.raises(KeyError), made.made():
        assert not np.array_equal(jax.vmap(sched)(indices()), EXPECTED)
        kept.append(jax.vmap(sched))
        raise KeyError
    assert made.calls == 1
    assert [cell.cell_contents for closure in functions for cell in closure] == before
    for function in (jax.vmap(sched), made_before, made_and_compiled_before, kept[0], jax.jit(kept[0])):
        np.testing.assert_array_equal(function(indices()), EXPECTED)
    with Mistake(0).made():
        assert not np.array_equal(compiled(), EXPECTED)
    np.testing.assert_array_equal(compiled(), EXPECTED)


def test_other_threads_see_nothing_of_a_mistake() -> None:
    found: list[Any] = []
    with Mistake(0).made():
        thread = threading.Thread(target=lambda: found.append(np.array(jax.vmap(sched)(indices()))))
        thread.start()
        thread.join()
    np.testing.assert_array_equal(found[0], EXPECTED)


def test_what_jax_maps_for_itself_is_left_alone() -> None:
    with Mistake(0).made():
        jacobian = jax.jacfwd(lambda x: x**2)(jnp.arange(3.0))
    np.testing.assert_array_equal(jacobian, np.diag(2 * np.arange(3.0)))


@pytest.mark.parametrize(
    "values", [jnp.arange(4), jnp.arange(4) > 2, jnp.arange(4) * 1j, jnp.arange(4, dtype="bfloat16")]
)
def test_lanes_of_every_type_are_exchanged(values: Any) -> None:
    with Mistake(0).made():
        wrong = jax.vmap(lambda x: x)(values)
    assert wrong.dtype == values.dtype
    assert int(np.sum(np.asarray(wrong) != np.asarray(values))) == 1


def test_keys_are_exchanged() -> None:
    with Mistake(0).made():
        keys = jax.vmap(jax.random.key)(jnp.arange(3))
    assert len(np.unique(jax.random.key_data(keys), axis=0)) == 2


def test_time_is_called_by_its_name() -> None:
    xs = jnp.ones((5, 2))
    before, after = (lambda xs: jnp.stack([x * 2 for x in xs])), jax.vmap(lambda x: x * 2)
    pair = function_pair(before, after)
    report = judge_values(pair, {"args": (xs,), "kwargs": {}}, "given", Budget(0.0), _ignore)
    assert report["verdict"] == "inconclusive"
    assert report["reason"] == "time ran out (0 s) before redrawn inputs could be tried; raise --timeout"
    assert {"stage": "redraws", "cause": "time", "why": "time ran out (0 s)"} in report["skipped"]


def test_stages_without_time_are_listed() -> None:
    xs = jnp.arange(10.0).reshape(5, 2)
    before, after = (lambda xs: jnp.stack([x * 2 for x in xs])), jax.vmap(lambda x: x * 2)
    found = [
        judge_values(function_pair(before, after), {"args": (xs,), "kwargs": {}}, "given", Budget(seconds), _ignore)
        for seconds in (0.0, 60.0)
    ]
    assert [report["verdict"] for report in found] == ["identical", "identical"]
    assert {(stage["stage"], stage["cause"]) for stage in found[0]["skipped"]} == {
        ("redraws", "time"),
        ("row-counts", "time"),
        ("timing", "time"),
    }
    assert not found[1]["skipped"]


def test_loops_over_an_index_alone_are_not_run_on_other_numbers_of_rows() -> None:
    before, after = (lambda inputs: {"rows": jnp.stack(loop())}), (lambda inputs: {"rows": jax.vmap(sched)(indices())})
    report = judge_values(Pair(before, after, {"rows": 0}), {"w": 2.0}, "given", Budget(60), _ignore)
    assert (report["batch"], report["sizes"]) == (ROWS, []), report


def test_what_is_told_before_all_was_tried_does_not_speak_of_equal_lanes() -> None:
    told: list[dict[str, Any]] = []
    xs = jnp.ones((5, 2))
    pair = function_pair(lambda xs: jnp.stack([x * 2 for x in xs]), jax.vmap(lambda x: x * 2))
    report = judge_values(pair, {"args": (xs,), "kwargs": {}}, "given", Budget(60), told.append)
    assert report["verdict"] in ACCEPTED
    assert "had still to be tried" in told[0]["reason"]
    assert {stage["stage"] for stage in told[0]["skipped"]} >= {"redraws", "row-counts", "timing"}
