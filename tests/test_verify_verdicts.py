"""Right rewrites are accepted, wrong ones refuted: many rewrites of a few loops, judged in one child."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Site, Verification

SCRIPT = '''
"""A script with one loop of each kind."""
from __future__ import annotations

import random
import warnings

import jax
import jax.numpy as jnp
import numpy as np

import sys

assert not [name for name in sys.modules if name.startswith("vmapify")], "the child needs nothing of ours"
SEEN = []


def f(w, x):
    return jnp.tanh(x @ w).sum()


def noisy(x):
    print("row", x.shape)
    return x * 2


def fails_for_negative(x):
    if x < 0:
        raise ValueError("negative")
    return x


def stateful(x):
    SEEN.append(1)
    return x * len(SEEN)


def stack(w, xs):
    # region stack
    out = []
    for x in xs:
        out.append(f(w, x))
    return jnp.stack(out)
    # end


def total(w, xs):
    # region total
    acc = 0.0
    for x in xs:
        acc = acc + f(w, x)
    # end
    return acc


def long_sum(xs):
    # region long_sum
    acc = jnp.float32(0)
    for x in xs:
        acc = acc + x
    return acc
    # end


def positions(xs):
    # region positions
    return jnp.stack([jnp.argmax(x) for x in xs])
    # end


def constant(xs):
    # region constant
    return jnp.stack([jnp.ones(2) for x in xs])
    # end


def single(xs):
    # region single
    return jnp.stack([x * 2 for x in xs])
    # end


def prints(xs):
    # region prints
    return jnp.stack([noisy(x) for x in xs])
    # end


def warns(xs):
    # region warns
    out = []
    for x in xs:
        warnings.warn("slow", UserWarning)
        out.append(x + 1)
    return jnp.stack(out)
    # end


def mutates(xs, log):
    # region mutates
    out = []
    for x in xs:
        log[0] += 1.0
        out.append(x + 1)
    return jnp.stack(out)
    # end


def raises(xs):
    # region raises
    return jnp.stack([fails_for_negative(float(x)) for x in xs])
    # end


def counts(xs):
    # region counts
    return jnp.stack([stateful(x) for x in xs])
    # end


def draws(xs):
    # region draws
    return jnp.stack([x + np.random.normal() for x in xs])
    # end


def chaos(xs):
    # region chaos
    out = []
    for x in xs:
        for _ in range(120):
            x = 3.999 * x * (1 - x)
        out.append(x)
    return jnp.stack(out)
    # end


def halves(w, xs):
    # region halves
    return jnp.stack([(x @ w).sum() for x in xs])
    # end


def host(xs):
    # region host
    return np.stack([np.asarray(jnp.sin(x)) for x in xs])
    # end


def dicts(xs):
    # region dicts
    out = {"b": [], "a": []}
    for x in xs:
        out["b"].append(x.sum())
        out["a"].append(x * 2)
    return {k: jnp.stack(v) for k, v in out.items()}
    # end


def writes(xs):
    # region writes
    out = []
    for x in xs:
        with open("written.txt", "a") as stream:
            stream.write("x")
        out.append(x)
    return jnp.stack(out)
    # end


def consumes(xs):
    # region consumes
    return jnp.stack([x * 2 for x in xs])
    # end


@jax.jit
def sched(t):
    return jnp.where(t < 5, t / 5.0, 0.5 * (1 + jnp.cos(t / 21.0)))


EXPECTED = np.array([sched(t) for t in range(21)])


def counted():
    # region counted
    vals = []
    for t in range(21):
        vals.append(sched(t))
    vals = np.array(vals)
    # end
    return vals


def asserted():
    # region asserted
    vals = []
    for t in range(21):
        vals.append(sched(t))
    np.testing.assert_allclose(EXPECTED, np.array(vals), rtol=1e-4)
    # end


def loosely():
    # region loosely
    vals = []
    for t in range(21):
        vals.append(sched(t))
    np.testing.assert_allclose(EXPECTED, np.array(vals), atol=3.0)
    # end


def steady():
    # region steady
    vals = []
    for t in range(4):
        vals.append(sched(t) * 0 + 3.0)
    vals = np.array(vals)
    # end
    return vals


class Base:
    def scale(self):
        return 2.0


class Model(Base):
    def __init__(self, w):
        self.__w = w

    def apply(self, xs):
        # region method
        return jnp.stack([super(Model, self).scale() * f(self.__w, x) for x in xs])
        # end

    def apply_super(self, xs):
        # region super
        k = super().scale()
        return jnp.stack([k * f(self.__w, x) for x in xs])
        # end


key = jax.random.key(0)
w = jax.random.normal(key, (3, 3))
xs = jax.random.normal(jax.random.key(1), (6, 3))
near = jnp.array([1.0, 1.0 + 1e-7])

# region module
ys = []
for x in xs:
    ys.append(f(w, x))
ys = jnp.stack(ys)
# end

if __name__ == "__main__":
    stack(w, xs)
    total(w, xs)
    long_sum(jax.random.uniform(key, (200,)))
    positions(xs)
    constant(xs)
    single(xs[:1])
    prints(xs)
    warns(xs)
    mutates(xs, np.zeros(3))
    try:
        raises(xs[:, 0] - 9)
    except ValueError:
        pass
    counts(xs)
    draws(xs)
    chaos(jnp.linspace(0.1, 0.9, 5))
    halves(w.astype(jnp.bfloat16), xs.astype(jnp.bfloat16))
    host(xs)
    dicts(xs)
    consumes(iter_rows for iter_rows in xs)
    counted()
    asserted()
    loosely()
    steady()
    Model(w).apply(xs)
    Model(w).apply_super(xs)
    writes(xs)
'''

GOOD = "jax.vmap(f, in_axes=(None, 0))(w, xs)"
ACCEPTED = {"identical", "equivalent"}
CASES = {
    # name: (region, rewrite, fields, verdicts, text in the reason or example)
    "right": ("stack", f"return {GOOD}", {}, ACCEPTED, ""),
    "right with import": (
        "stack",
        "return vm(f, in_axes=(None, 0))(w, xs)",
        {"imports": ("from jax import vmap as vm",)},
        ACCEPTED,
        "",
    ),
    "right reduction": ("total", f"acc = 0.0 + jnp.sum({GOOD})", {"out": {"acc": None}}, ACCEPTED, ""),
    "reassociated": (
        "long_sum",
        "return jnp.sum(xs)",
        {"out": {"return": None}},
        {"equivalent"},
        "rounding only",
    ),
    "right integers": ("positions", "return jax.vmap(jnp.argmax)(xs)", {}, {"identical"}, ""),
    "right module": ("module", f"ys = {GOOD}", {"out": {"ys": 0}}, ACCEPTED, ""),
    "right half": ("halves", "return jax.vmap(lambda x: (x @ w).sum())(xs)", {}, ACCEPTED, ""),
    "right host": ("host", "return np.array(jax.vmap(jnp.sin)(xs))", {}, ACCEPTED, ""),
    "right private": (
        "method",
        "k = super(Model, self).scale()\nreturn jax.vmap(lambda x: k * f(self.__w, x))(xs)",
        {"class_name": "Model"},
        ACCEPTED,
        "",
    ),
    "right super": (
        "super",
        "k = super().scale()\nreturn jax.vmap(lambda x: k * f(self.__w, x))(xs)",
        {"class_name": "Model"},
        ACCEPTED,
        "",
    ),
    "print allowed": ("prints", "return jax.vmap(noisy)(xs)", {"allowed": ("stdout",)}, ACCEPTED, ""),
    "rolled": ("stack", f"return jnp.roll({GOOD}, 1)", {}, {"different"}, "float64"),
    "reversed": ("stack", f"return ({GOOD})[::-1]", {}, {"different"}, "return[0]"),
    "last row dropped": (
        "stack",
        "return jax.vmap(f, in_axes=(None, 0))(w, xs[:-1])",
        {},
        {"different"},
        "[5]",
    ),
    "last row repeated": (
        "stack",
        "return jax.vmap(f, in_axes=(None, 0))(w, xs.at[-1].set(xs[0]))",
        {},
        {"different"},
        "return[5]",
    ),
    "wrong in_axes": (
        "stack",
        "return jax.vmap(f, in_axes=(1, None))(w[None].repeat(6, 0).T, xs[0])",
        {},
        {"different"},
        "",
    ),
    "stale closure": ("stack", "x = xs[-1]\nreturn jax.vmap(lambda _: f(w, x))(xs)", {}, {"different"}, ""),
    "wrong dtype": (
        "positions",
        "return jax.vmap(jnp.argmax)(xs).astype(jnp.uint32)",
        {},
        {"different"},
        "uint32",
    ),
    "weak type lost": (
        "total",
        f"acc = jnp.sum({GOOD})[None]",
        {"out": {"acc": None}},
        {"different"},
        "float32[1]",
    ),
    "float16 round trip": (
        "stack",
        f"return ({GOOD}).astype(jnp.float16).astype(jnp.float32)",
        {},
        {"different"},
        "float64",
    ),
    "0.1 % in one lane": ("stack", f"return ({GOOD}).at[2].multiply(1.001)", {}, {"different"}, "return[2]"),
    "NaN in one lane": ("stack", f"return ({GOOD}).at[3].set(jnp.nan)", {}, {"different"}, "return[3]"),
    "float32 on the way": (
        "halves",
        "return jax.vmap(lambda x: (x @ w).sum() * 1.01)(xs)",
        {},
        {"different"},
        "",
    ),
    "raises": ("stack", "return jax.vmap(f)(w, xs)", {}, {"different"}, "ValueError"),
    "unknown name": ("stack", "return jax.vmap(g)(xs)", {}, {"different"}, "NameError"),
    "print lost": ("prints", "return jax.vmap(noisy)(xs)", {}, {"different"}, "prints"),
    "warning lost": ("warns", "return jax.vmap(lambda x: x + 1)(xs)", {}, {"different"}, "warning"),
    "mutation lost": ("mutates", "return jax.vmap(lambda x: x + 1)(xs)", {}, {"different"}, "log"),
    "exception swallowed": ("raises", "return xs", {}, {"different"}, "ValueError"),
    "read-only result": ("host", "return np.asarray(jax.vmap(jnp.sin)(xs))", {}, {"different"}, "read-only"),
    "key order": (
        "dicts",
        "return jax.vmap(lambda x: {'b': x.sum(), 'a': x * 2})(xs)",
        {},
        {"different"},
        "keys",
    ),
    "depends on state": ("counts", "return jax.vmap(stateful)(xs)", {}, {"different"}, ""),
    "shared draw": ("draws", "return jax.vmap(lambda x: x + np.random.normal())(xs)", {}, {"different"}, ""),
    "equal lanes": (
        "constant",
        "return jnp.ones((xs.shape[0], 2))",
        {},
        {"inconclusive"},
        "all lanes are equal",
    ),
    "one lane": ("single", "return jax.vmap(lambda x: x * 2)(xs)", {}, {"inconclusive"}, "1 lane"),
    "chaotic": (
        "chaos",
        "return jax.lax.fori_loop(0, 120, lambda _, x: 3.999 * (x - x * x), xs)",
        {},
        {"inconclusive"},
        "chaotic",
    ),
    "files written": (
        "writes",
        "return jax.vmap(lambda x: x)(xs)",
        {},
        {"inconclusive"},
        "open('written.txt'",
    ),
    "generator": ("consumes", "return 2 * jnp.stack(list(xs))", {}, {"inconclusive"}, "consumed only once"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verification]:
    path: Path = tmp_path_factory.mktemp("verdicts") / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        patch.setenv("JAX_PLATFORMS", "cpu")
        sites: list[Site] = [region(path, name, after, **fields) for name, after, fields, *_ in CASES.values()]
        found = judge_sites(sites, VerifyOptions(python=sys.executable))
    assert (path.parent / "written.txt").exists() is False or (path.parent / "written.txt").read_text() == "x" * 6
    return {name: found[index] for index, name in enumerate(CASES)}


@pytest.mark.parametrize("name", CASES)
def test_verdict(verdicts: dict[str, Verification], name: str) -> None:
    expected, text = CASES[name][3:]
    found = verdicts[name]
    assert found.verdict in expected, found
    assert text in f"{found.reason} {found.example}", found


def test_evidence_names_inputs_device_versions_and_sizes(verdicts: dict[str, Verification]) -> None:
    found = verdicts["right"]
    assert (found.inputs, found.device, found.batch_sizes) == ("module", "cpu:0", (1, 6, 7))
    assert found.jax is not None
    assert found.speedup is not None
    assert found.speedup.steady > 0


def test_errors_are_measured_against_float64(verdicts: dict[str, Verification]) -> None:
    found = verdicts["reassociated"]
    assert found.max_error_loop is not None
    assert 0 < found.max_error_loop < 1e-4
    assert found.max_error_vmap is not None
    assert found.max_error_vmap < 1e-4
