"""What changes besides values: dtypes that rows are computed in, weak types, and where results lie."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vmapify.verify.worker import arithmetic
from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = jnp.asarray(np.linspace(0.1, 0.9, 6, dtype=np.float32))
ROWS = jnp.asarray(np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32))


def judge(before: Callable[..., Any], after: Callable[..., Any], *args: Any) -> dict[str, Any]:
    inputs = {"args": args, "kwargs": {}}
    return judge_values(function_pair(before, after), inputs, "given", Budget(60), lambda report: None)


def of_two(function: Callable[[Any], Any], *, host: bool = False) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A loop over two rows that need not be of one type, and its vmap; ``host``: NumPy stacks the results."""
    if host:
        return (
            lambda a, b: np.array([np.asarray(function(x), np.float32) for x in (a, b)]),
            lambda a, b: np.array(jax.vmap(function)(jnp.stack([a, b])), np.float32),
        )
    return (
        lambda a, b: jnp.stack([function(x) for x in (a, b)]),
        lambda a, b: jax.vmap(function)(jnp.stack([a, b])),
    )


def cancelled(x: Any) -> Any:
    return jnp.exp(x * 9) - jnp.exp(x * 9 - 0.01)


@pytest.mark.parametrize("function", [lambda x: x / 3, lambda x: x * 2, jnp.sin], ids=["third", "double", "sine"])
@pytest.mark.parametrize("half", [jnp.bfloat16, jnp.float16])
def test_rows_of_several_types_are_no_batch(function: Callable[[Any], Any], half: Any) -> None:
    report = judge(*of_two(function), ROW, ROW.astype(half))
    assert report["verdict"] == "different"
    assert f"in {jnp.dtype(half)}, row 0 in float32" in report["reason"]


def test_integers_of_several_types_are_no_batch_either() -> None:
    report = judge(*of_two(lambda x: x + x), jnp.array([1, 2], jnp.int8), jnp.array([3, 4], jnp.int32))
    assert report["verdict"] == "different"


def test_loops_that_cannot_be_traced_are_seen_as_they_run() -> None:
    report = judge(*of_two(cancelled, host=True), ROW.astype(jnp.float16), ROW + 0.1)
    assert report["verdict"] == "different"
    pair = function_pair(*of_two(cancelled, host=True))
    mixed, even = ({"args": (ROW, other), "kwargs": {}} for other in (ROW.astype(jnp.float16), ROW + 0.1))
    assert "exp in float16" in arithmetic.compared(pair, mixed, thoroughly=True).changed
    assert arithmetic.compared(pair, even, thoroughly=True) == arithmetic.Answer(known=True)
    assert not arithmetic.compared(pair, even).known


def test_without_a_view_inside_accuracy_is_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def loop(xs: Any) -> Any:
        return np.array([np.asarray(jnp.tanh(x) * 1.5).astype(np.float16) for x in xs])

    def rewrite(xs: Any) -> Any:
        return np.array(jnp.tanh(xs) * jnp.float32(1.5 + 2e-4)).astype(np.float16)

    accepted = judge(loop, loop, ROWS)
    assert accepted["verdict"] == "identical"
    monkeypatch.setattr(arithmetic, "_recorder", lambda note: 1 / 0)
    pair = function_pair(loop, rewrite)
    assert not arithmetic.compared(pair, {"args": (ROWS,), "kwargs": {}}, thoroughly=True).known


def test_more_digits_inside_are_another_type() -> None:
    with jax.enable_x64(True):
        rewrite = lambda xs: jnp.tanh(xs.astype(jnp.float64)).astype(jnp.float32)  # noqa: E731
        report = judge(lambda xs: jnp.stack([jnp.tanh(x) for x in xs]), rewrite, ROWS)
    assert report["verdict"] == "different"
    assert "the rewrite in float64" in report["reason"]
    doubled = judge(
        lambda xs: jnp.stack([x * 2 for x in xs]),
        lambda xs: (xs.astype(jnp.float32) * 2).astype(jnp.bfloat16),
        ROWS.astype(jnp.bfloat16),
    )
    assert doubled["verdict"] == "different"


def _added_up(xs: Any) -> Any:
    total = jnp.zeros((), xs.dtype)
    for x in xs:
        total = total + (x * 3).sum()
    return total


def _scaled_by_place(xs: Any) -> Any:
    return jnp.stack([jnp.where(i / len(xs) > 0.5, 1.0, 2.0) * x for i, x in enumerate(xs)])


@pytest.mark.parametrize(
    ("loop", "rewrite"),
    [
        (_added_up, lambda xs: jnp.sum(jax.vmap(lambda x: (x * 3).sum())(xs))),
        (
            _scaled_by_place,
            lambda xs: jax.vmap(lambda i, x: jnp.where(i / len(xs) > 0.5, 1.0, 2.0) * x)(jnp.arange(len(xs)), xs),
        ),
        (lambda xs: jnp.stack([x.mean() for x in xs]), lambda xs: xs.mean(axis=1)),
        (
            lambda xs: jnp.stack([jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x) for x in xs]),
            jax.vmap(lambda x: jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x)),
        ),
    ],
    ids=["sum", "index arithmetic", "mean", "cond"],
)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_right_rewrites_compute_in_the_same_types(
    loop: Callable[..., Any], rewrite: Callable[..., Any], dtype: Any
) -> None:
    pair = function_pair(loop, rewrite)
    found = arithmetic.compared(pair, {"args": (ROWS.astype(dtype),), "kwargs": {}}, thoroughly=True)
    assert found == arithmetic.Answer(known=True)


def test_a_lost_weak_type_is_a_named_change_and_a_gained_one_is_different() -> None:
    weak = lambda n: jnp.stack([jnp.asarray(i) * 2 for i in range(n)])  # noqa: E731
    strong = lambda n: jax.vmap(lambda i: i * 2)(jnp.arange(n))  # noqa: E731
    lost = judge(weak, strong, 4)
    assert lost["verdict"] == "equivalent"
    assert [change["code"] for change in lost["changes"]] == ["weak-type-lost"]
    gained = judge(strong, weak, 4)
    assert gained["verdict"] == "different"
    assert "weakly typed in the rewrite" in gained["reason"]


PLACED = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import NamedSharding, PartitionSpec as P
from test_verify_types import ROWS, judge

mesh = jax.make_mesh((4,), ("i",))
xs = ROWS[:4]
sharded, copied = (jax.device_put(xs, NamedSharding(mesh, spec)) for spec in (P("i"), P()))
loop, rewrite = lambda xs: jnp.stack([x * 2 for x in xs]), jax.vmap(lambda x: x * 2)
moved = lambda device: lambda xs: jax.device_put(rewrite(xs), jax.devices()[device])
pairs = [(rewrite, sharded), (rewrite, copied), (rewrite, xs), (moved(0), xs), (moved(3), xs)]
for after, given in pairs:
    report = judge(loop, after, given)
    print(report["verdict"], *(change["code"] for change in report["changes"]))
"""


def test_another_placement_is_told() -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **flags, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", PLACED], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    told = "equivalent placement"
    assert done.stdout.splitlines() == [told, "identical", "identical", told, told], done.stderr
