"""One loop, reached several times with something else each time: every kind of arrival is judged, not only the first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites
from vmapify.verify.worker.fingerprint import Fingerprint, fingerprint
from vmapify.verify.worker.progress import Clock, Identities, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification

PROGRAM = """
import enum
import functools
import threading

import conf.flags
import jax
import jax.numpy as jnp
import numpy as np

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


def largest(xs):
    # region values
    return max(jnp.sum(x) for x in xs)
    # end


def shifted(rows):
    # region host_values
    return jnp.stack([jnp.asarray(row - row[0]) for row in rows])
    # end


def sizes(xs, scale):
    # region sizes
    return jnp.stack([x * scale for x in xs])
    # end


def classes(model, xs):
    # region classes
    return jnp.stack([model.step(x) for x in xs])
    # end


STATE = {"n": 0.0}
__noisy = False


def drifting(x, noisy):
    if noisy:
        STATE["n"] += 1.0
    return x * 2.0 + STATE["n"]


def by_function_attribute(x):
    return drifting(x, by_function_attribute.noisy)


def by_array(x):
    return drifting(x, OPTIONS.array)


def by_host_array(x):
    return drifting(x, OPTIONS.table[3])


def by_number(x):
    return drifting(x, OPTIONS.size.noisy)


def by_private_name(x):
    return drifting(x, __noisy)


def by_package(x):
    return drifting(x, conf.flags.NOISY)


def by_import(x):
    from conf import flags

    return drifting(x, flags.LOUD)


def by_member(x):
    return drifting(x, OPTIONS.member is Member.LOUD)


class Size(int):
    pass


class Member(enum.Enum):
    QUIET = 1
    LOUD = 2


class Options:
    array = jnp.array(False)
    member = Member.QUIET

    def __init__(self):
        self.table, self.size = np.zeros(5), Size(3)
        self.size.noisy = False


@jax.tree_util.register_pytree_node_class
class Registered:
    __slots__ = ("_inside",)

    def __init__(self, function):
        object.__setattr__(self, "_inside", function)

    def __call__(self, x):
        return self._inside(x)

    def tree_flatten(self):
        return (), self._inside

    @classmethod
    def tree_unflatten(cls, function, _):
        return cls(function)


by_function_attribute.noisy = False
OPTIONS = Options()
FLAGGED = (by_function_attribute, by_array, by_host_array, by_number, by_private_name, by_package, by_import, by_member)


def array_flag(xs, f):
    # region array_flag
    return jnp.stack([f(x) for x in xs])
    # end


def host_array(xs, f):
    # region host_array
    return jnp.stack([f(x) for x in xs])
    # end


def function_attribute(xs, f):
    # region function_attribute
    return jnp.stack([f(x) for x in xs])
    # end


def attribute_of_number(xs, f):
    # region attribute_of_number
    return jnp.stack([f(x) for x in xs])
    # end


def private_name(xs, f):
    # region private_name
    return jnp.stack([f(x) for x in xs])
    # end


def package(xs, f):
    # region package
    return jnp.stack([f(x) for x in xs])
    # end


def imported_inside(xs, f):
    # region imported_inside
    return jnp.stack([f(x) for x in xs])
    # end


def member(xs, f):
    # region member
    return jnp.stack([f(x) for x in xs])
    # end


def after_much_data(net, xs):
    # region after_much_data
    return jnp.stack([net.fn(x) for x in xs])
    # end


def after_too_much_data(net, xs):
    # region after_too_much_data
    return jnp.stack([net.fn(x) for x in xs])
    # end


def registered(f, xs):
    # region registered
    return jnp.stack([f(x) for x in xs])
    # end


REGIONS = (function_attribute, array_flag, host_array, attribute_of_number, private_name, package, imported_inside, member)
[one(XS, f) for one, f in zip(REGIONS, FLAGGED)]
by_function_attribute.noisy, OPTIONS.array, OPTIONS.table[3], OPTIONS.size.noisy = True, jnp.array(True), 1.0, True
__noisy = conf.flags.NOISY = conf.flags.LOUD = True
OPTIONS.member = Member.LOUD
[one(XS, f) for one, f in zip(REGIONS, FLAGGED)]
for region, data in ((after_much_data, [0.5] * 30_000), (after_too_much_data, [[0.5] for _ in range(30_000)])):
    net = Net()
    net.data, net.fn = data, jnp.sin
    region(net, XS)
    net.fn = branching
    region(net, XS)
registered(Registered(jnp.sin), XS), registered(Registered(branching), XS)
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
largest(XS)
largest(XS.at[2].set(jnp.nan))
HOST = np.arange(12.0).reshape(4, 3)
shifted(HOST)
shifted(HOST + 1.6e9)
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
    "array_flag": ALL.format("f"),
    "host_array": ALL.format("f"),
    "function_attribute": ALL.format("f"),
    "attribute_of_number": ALL.format("f"),
    "private_name": ALL.format("f"),
    "package": ALL.format("f"),
    "imported_inside": ALL.format("f"),
    "member": ALL.format("f"),
    "after_much_data": ALL.format("net.fn"),
    "after_too_much_data": ALL.format("net.fn"),
    "registered": ALL.format("f"),
    "values": "return jax.vmap(jnp.sum)(xs).max()",
    "host_values": "return jax.vmap(lambda row: jnp.asarray(row - row[0]))(jnp.asarray(rows))",
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
    # the name of the folder only looks like one of installed packages; conf is a package without a file of its own
    script: Path = tmp_path_factory.mktemp("arrivals") / "my-packages" / "script.py"
    (script.parent / "conf").mkdir(parents=True)
    (script.parent / "conf" / "flags.py").write_text("NOISY = LOUD = False", encoding="utf-8")
    script.write_text(PROGRAM, encoding="utf-8")
    names = [*WRONG, *RIGHT]
    lanes: dict[str, dict[str, int | None]] = {"values": {"return": None}}
    sites = [region(script, name, {**WRONG, **RIGHT}[name], out=lanes.get(name)) for name in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(script.parent)
        patch.setenv("JAX_PLATFORMS", "cpu")
        found = judge_sites(sites, VerifyOptions(python=sys.executable))
    return {name: found[index] for index, name in enumerate(names)}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_for_a_later_arrival_is_not_accepted(judged: dict[str, Verification], name: str) -> None:
    assert judged[name].verdict not in {"identical", "equivalent"}, judged[name].reason


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_for_all_arrivals_is_accepted(judged: dict[str, Verification], name: str) -> None:
    assert judged[name].verdict in {"identical", "equivalent"}, judged[name].reason


def test_a_fingerprint_that_was_cut_short_proves_nothing() -> None:
    progress, whole, cut = Progress(), Fingerprint("whole", ""), Fingerprint("cut", "", complete=False)
    for found in (whole, cut):
        assert progress.depth(found) == "full"
        progress.note(found, "identical", "", agreed=True)
    assert progress.depth(whole) == "none"
    assert [progress.depth(cut) for _ in range(4)] == ["values", "values", "glance", "glance"]
    progress.glancing = Clock(0.0)
    assert (progress.depth(cut), progress.unseen) == ("none", 1)


def test_what_is_read_in_full_is_complete() -> None:
    def found(**values: object) -> Fingerprint:
        return fingerprint(values, (), identities)

    identities = Identities()
    assert found(data=[0.5] * 30_000).complete
    assert found(data=[0.5] * 30_000).kind == found(data=[0.25] * 100).kind
    assert not found(data=[[0.5] for _ in range(30_000)]).complete


def test_all_numbers_of_rows_that_came_are_named(judged: dict[str, Verification]) -> None:
    assert {1, 4} <= set(judged["sizes"].batch_sizes)
