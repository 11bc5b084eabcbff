"""One loop, reached several times with something else each time: every kind of arrival is judged, not only the first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification

PROGRAM = """
import functools
import threading

import jax
import jax.numpy as jnp

XS = jnp.sin(jnp.arange(12.0)).reshape(4, 3)
COUNTS = {"calls": 0}
MODE = "train"


class Model:
    def step(self, x):
        return x * 2

    def run(self, xs):
        # region subclass
        return jnp.stack([self.step(x) for x in xs])
        # end

    def patched(self, xs):
        # region method_replaced
        return jnp.stack([self.step(x) for x in xs])
        # end


class Counting(Model):
    n = 0

    def step(self, x):
        self.n += 1
        return x * self.n


class Scaled(Model):
    def step(self, x):
        return x * 3


def callable_attribute(net, xs):
    # region attribute_replaced
    return jnp.stack([net.fn(x) for x in xs])
    # end


class Net:
    fn = staticmethod(jnp.sin)


def branching(x):
    return x if x.sum() > 0 else -x


def flagged(xs, deep):
    # region flag
    return jnp.stack([branching(x) if deep else x + 1 for x in xs])
    # end


def by_default(xs):
    # region default
    return jnp.stack([helper(x) for x in xs])
    # end


def helper(x, scale=[2.0]):
    if len(scale) > 1:
        scale.append(1.0)
    return x * len(scale)


def with_partial(f, xs):
    # region partial
    return jnp.stack([f(x) for x in xs])
    # end


def power(x, n):
    COUNTS["calls"] += n
    return x * max(n, COUNTS["calls"] - 11)


def module_flag(xs):
    # region module_flag
    return jnp.stack([by_mode(x) for x in xs])
    # end


def by_mode(x):
    return x * 2 if MODE == "train" else branching(x)


def late(xs, step):
    # region late
    return jnp.stack([x + step if step < 290 else branching(x) for x in xs])
    # end


def threaded(f, xs):
    # region threads
    return jnp.stack([f(x) for x in xs])
    # end


def consumed(rows):
    # region generator
    return jnp.stack([x * 2 for x in rows])
    # end


def raising(xs):
    # region raising
    return jnp.stack([x @ XS for x in xs])
    # end


def sizes(xs, scale):
    # region sizes
    return jnp.stack([x * scale for x in xs])
    # end


def classes(model, xs):
    # region classes
    return jnp.stack([model.step(x) for x in xs])
    # end


Model().run(XS), Counting().run(XS)
Model().patched(XS)
Model.step = lambda self, x: branching(x)
Model().patched(XS)
Model.step = lambda self, x: x * 2
callable_attribute(Net(), XS)
other = Net()
other.fn = branching
callable_attribute(other, XS)
flagged(XS, False), flagged(XS, True)
by_default(XS)
helper.__defaults__[0].append(1.0)
by_default(XS)
with_partial(functools.partial(power, n=0), XS), with_partial(functools.partial(power, n=7), XS)
module_flag(XS)
MODE = "eval"
module_flag(XS)
for step in range(300):
    late(XS, step)
workers = [threading.Thread(target=threaded, args=(f, XS)) for f in (jnp.sin, jnp.cos, branching)]
[worker.start() for worker in workers]
[worker.join() for worker in workers]
consumed(list(XS)), consumed(x for x in XS)
raising(XS[:, :3] @ jnp.ones((3, 4)))
try:
    raising(XS)
except TypeError:
    pass
for n in (4, 1, 3, 2):
    sizes(XS[:n], 1.5 * n)
classes(Model(), XS), classes(Scaled(), XS), classes(Model(), XS[:1])
"""

ALL = "return jax.vmap({})(xs)"
WRONG = {
    "subclass": ALL.format("self.step"),
    "method_replaced": ALL.format("self.step"),
    "attribute_replaced": ALL.format("net.fn"),
    "flag": ALL.format("lambda x: branching(x) if deep else x + 1"),
    "default": ALL.format("helper"),
    "partial": ALL.format("f"),
    "module_flag": ALL.format("by_mode"),
    "late": ALL.format("lambda x: x + step if step < 290 else branching(x)"),
    "threads": ALL.format("f"),
    "generator": "return jax.vmap(lambda x: x * 2)(jnp.stack(list(rows)))",
}
"""Rewrites that are right for the first arrival only."""
RIGHT = {
    "raising": ALL.format("lambda x: x @ XS"),
    "sizes": ALL.format("lambda x: x * scale"),
    "classes": ALL.format("model.step"),
}
"""Rewrites that are right for all of them."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verification]:
    script: Path = tmp_path_factory.mktemp("arrivals") / "script.py"
    script.write_text(PROGRAM, encoding="utf-8")
    names = [*WRONG, *RIGHT]
    sites = [region(script, name, {**WRONG, **RIGHT}[name]) for name in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(script.parent)
        patch.setenv("JAX_PLATFORMS", "cpu")
        found = judge_sites(sites, VerifyOptions(python=sys.executable))
    return {name: found[index] for index, name in enumerate(names)}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_for_a_later_arrival_is_not_accepted(judged: dict[str, Verification], name: str) -> None:
    assert judged[name].verdict in {"different", "inconclusive"}, judged[name].reason


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_for_all_arrivals_is_accepted(judged: dict[str, Verification], name: str) -> None:
    assert judged[name].verdict in {"identical", "equivalent"}, judged[name].reason


def test_all_numbers_of_rows_that_came_are_named(judged: dict[str, Verification]) -> None:
    assert {1, 4} <= set(judged["sizes"].batch_sizes)
