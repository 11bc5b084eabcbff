"""Loops whose caller differentiates them: gradients are compared, and must agree."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites
from vmapify.verify.differentiated import differentiated
from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vmapify.diagnostic import Verification

ACCEPTED = {"identical", "equivalent"}
MODEL = """
import jax
import jax.numpy as jnp


def row(w, x):
    return jnp.tanh(w * x).sum()


def loss(w: jax.Array, xs: jax.Array) -> jax.Array:
    # region loss
    rows = jnp.stack([row(w, x) for x in xs])
    # end
    return rows.sum()


def stopped(w: jax.Array, xs: jax.Array) -> jax.Array:
    # region stopped
    rows = jnp.stack([row(w, x) for x in xs])
    # end
    return rows.sum()


def alone(w: jax.Array, xs: jax.Array) -> jax.Array:
    # region alone
    return jnp.stack([row(w, x) for x in xs])
    # end


def mapped(xs: jax.Array) -> jax.Array:
    # region mapped
    return jnp.stack([row(2.0, x) for x in xs])
    # end


train = jax.jit(jax.grad(lambda w, xs: loss(w, xs) + stopped(w, xs)))
if __name__ == "__main__":
    xs = jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)
    jax.grad(loss)(jnp.ones(3), xs)
    jax.jit(jax.grad(stopped))(jnp.ones(3), xs)
    alone(jnp.ones(3), xs)
    jax.vmap(mapped)(jnp.stack([xs, xs + 1]))
"""
STOPPED = "rows = jax.vmap(lambda x: row(jax.lax.stop_gradient(w), x))(xs)"


def judge(before: Callable[..., Any], after: Callable[..., Any], *args: Any, way: str = "reverse") -> dict[str, Any]:
    pair = dataclasses.replace(function_pair(before, after), gradients=way)
    return judge_values(pair, {"args": args, "kwargs": {}}, "given", Budget(60), lambda report: None)


def looped(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda xs: jnp.stack([f(x) for x in xs])


def normal(*shape: int) -> Any:
    return jnp.asarray(np.random.default_rng(3).normal(size=shape), jnp.float32)


@jax.custom_jvp
def clipped(x: Any) -> Any:
    return jnp.clip(x, -0.5, 0.5)


clipped.defjvp(lambda primals, tangents: (clipped(*primals), tangents[0]))


def with_zero(*shape: int) -> Any:
    return normal(*shape).at[1, 0].set(0.0)


WRONG = {
    "gradient stopped": (lambda x: x * jnp.sin(x), lambda x: x * jnp.sin(jax.lax.stop_gradient(x)), normal(5, 3)),
    "gradient no longer stopped": (lambda x: x * jax.lax.stop_gradient(x), lambda x: x * x, normal(5, 3)),
    "rule of its own lost": (clipped, lambda x: jnp.clip(x, -0.5, 0.5), normal(5, 3)),
    "slope at 0": (jnp.abs, lambda x: jnp.where(x > 0, x, -x), with_zero(5, 3)),
    "NaN from the branch not taken": (
        lambda x: jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0),
        lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0),
        with_zero(5, 3),
    ),
}


NOT_FORWARD = ("NaN from the branch not taken", "forward")
"""A tangent is selected like a value; only a cotangent of 0 becomes NaN."""


@pytest.mark.parametrize(
    ("name", "way"), [(name, way) for name in WRONG for way in ("reverse", "forward") if (name, way) != NOT_FORWARD]
)
def test_equal_values_with_other_gradients_are_different(name: str, way: str) -> None:
    loop, wrong, xs = WRONG[name]
    assert judge(looped(loop), jax.vmap(wrong), xs, way="")["verdict"] in ACCEPTED
    found = judge(looped(loop), jax.vmap(wrong), xs, way=way)
    assert found["verdict"] == "different", found["reason"]
    what = "the gradient with respect to args[0] differs" if way == "reverse" else "the derivative of return differs"
    assert "its values agree, but" in found["reason"]
    assert what in found["reason"]


@pytest.mark.parametrize("f", [jnp.tanh, jnp.linalg.norm, clipped, jax.nn.relu, lambda x: jnp.sort(x)[0] * x])
def test_right_rewrites_have_the_same_gradients(f: Callable[[Any], Any]) -> None:
    found = judge(looped(f), jax.vmap(f), normal(5, 3))
    assert found["verdict"] in ACCEPTED, found["reason"]
    assert "its gradients agree, too" in found["reason"]


def test_what_cannot_be_differentiated_is_a_remark() -> None:
    def counted(x: Any) -> Any:
        return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]

    found = judge(looped(counted), jax.vmap(counted), normal(5, 3))
    assert found["verdict"] in ACCEPTED
    assert "its gradients agree, too" in found["reason"]  # forward
    found = judge(looped(jnp.argmax), jax.vmap(jnp.argmax), normal(5, 3))
    assert found["verdict"] in ACCEPTED
    assert "gradients not compared: no floating point value" in found["reason"]


def test_a_rewrite_that_cannot_be_differentiated_is_different() -> None:
    def halved(x: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda _, y: y / 2, x)

    def endless(x: Any) -> Any:
        return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] / 2), (0, x))[1]

    found = judge(looped(halved), jax.vmap(endless), normal(5, 3))
    assert found["verdict"] == "different"
    assert "its values agree, but the rewrite raises ValueError" in found["reason"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gradients") / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(model: Path) -> list[Verification]:
    sites = [
        region(model, "loss", "rows = jax.vmap(lambda x: row(w, x))(xs)", out={"rows": 0}),
        region(model, "stopped", STOPPED, out={"rows": 0}),
        region(model, "alone", "return jax.vmap(lambda x: row(jax.lax.stop_gradient(w), x))(xs)"),
        region(model, "mapped", "return jax.vmap(lambda x: row(2.0, x))(xs)"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_PLATFORMS", "cpu")
        verdicts = judge_sites(sites, VerifyOptions(python=sys.executable))
    return [verdicts[index] for index in range(len(sites))]


def test_under_grad_values_and_gradients_are_those_of_the_run(found: list[Verification]) -> None:
    assert found[0].verdict in ACCEPTED
    assert found[0].inputs == "module"
    assert "its gradients agree, too" in found[0].reason
    assert "recorded inside differentiation" in found[0].reason


def test_under_jit_and_grad_gradients_are_compared_on_made_up_values(found: list[Verification]) -> None:
    assert found[1].verdict == "different"
    assert found[1].inputs == "synthesized"
    assert "the gradient with respect to w differs" in found[1].reason
    assert "abstract values were seen (the loop runs inside differentiation and jax.jit)" in found[1].reason


def test_what_nobody_differentiates_is_judged_by_its_values(found: list[Verification]) -> None:
    assert found[2].verdict in ACCEPTED
    assert "gradient" not in found[2].reason


def test_under_vmap_an_example_of_the_batch_is_recorded(found: list[Verification]) -> None:
    assert found[3].verdict in ACCEPTED
    assert found[3].inputs == "module"
    assert "recorded inside jax.vmap (its first example)" in found[3].reason


def test_the_text_shows_what_is_differentiated(model: Path) -> None:
    shown = {name: differentiated(str(model), name) for name in ("loss", "stopped", "row", "alone", "mapped")}
    assert shown == {"loss": "reverse", "stopped": "reverse", "row": "reverse", "alone": "", "mapped": ""}
