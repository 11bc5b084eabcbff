"""State outside a region: what per-example functions leave behind is compared, and put back, wherever it is kept."""

from __future__ import annotations

import array
import collections
import contextvars
import itertools
import os
import queue
import random
import threading

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import functools
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

XS = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
AGREED = {"identical", "equivalent"}


def judged(function: Callable[[Any], Any]) -> dict[str, Any]:
    pair = function_pair(lambda xs: jnp.stack([function(x) for x in xs]), jax.vmap(function))
    return judge_values(pair, {"args": (XS,), "kwargs": {}}, "given", Budget(60), lambda report: None)


class Counted:
    """A decorator with a count, and what the standard library makes of such ones."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.function, self.calls = function, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return self.function(x)


class Plain:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return jnp.sin(x)

    def step(self, x: Any) -> Any:
        self.calls += 1
        return jnp.sin(x)


def wrapped_class() -> tuple[Any, Callable[[], Any]]:
    inner = Counted(jnp.sin)
    return inner, lambda: inner.calls


def wrapped_twice() -> tuple[Any, Callable[[], Any]]:
    inner = Counted(jnp.sin)
    outer = Counted(inner)
    return outer, lambda: (inner.calls, outer.calls)


def callable_object() -> tuple[Any, Callable[[], Any]]:
    inner = Plain()
    return inner, lambda: inner.calls


def bound_method() -> tuple[Any, Callable[[], Any]]:
    owner = Plain()
    step = owner.step
    return step, lambda: owner.calls


def behind_a_partial() -> tuple[Any, Callable[[], Any]]:
    seen: list[int] = []
    noted = functools.partial(lambda log, x: (log.append(1), jnp.sin(x))[1], seen)
    return noted, lambda: seen[:]


def in_a_table() -> tuple[Any, Callable[[], Any]]:
    state = {"calls": 0}

    def step(x: Any) -> Any:
        state["calls"] += 1
        return jnp.sin(x)

    table = {"step": step}
    return (lambda x: table["step"](x) * 2), lambda: state["calls"]


def in_an_attribute() -> tuple[Any, Callable[[], Any]]:
    state = {"calls": 0}

    def step(x: Any) -> Any:
        state["calls"] += 1
        return jnp.sin(x)

    net = SimpleNamespace(fn=step)
    return (lambda x: net.fn(x) * 2), lambda: state["calls"]


def behind_a_library() -> tuple[Any, Callable[[], Any]]:
    inner = Plain()
    rows = jax.vmap(inner.step)
    return (lambda x: rows(x) * 2), lambda: inner.calls


def function_attribute() -> tuple[Any, Callable[[], Any]]:
    def step(x: Any) -> Any:
        step.calls += 1  # type: ignore[attr-defined]
        return jnp.sin(x)

    step.calls = 0  # type: ignore[attr-defined]
    return step, lambda: step.calls  # type: ignore[attr-defined]


def new_function_attribute() -> tuple[Any, Callable[[], Any]]:
    def step(x: Any) -> Any:
        step.calls = getattr(step, "calls", 0) + 1  # type: ignore[attr-defined]
        return jnp.sin(x)

    return step, lambda: hasattr(step, "calls")


def _noting(holder: Any, note: Callable[[Any], Any], state: Callable[[Any], Any]) -> tuple[Any, Callable[[], Any]]:
    return (lambda x: (note(holder), jnp.sin(x))[1]), lambda: state(holder)


def context_variable() -> tuple[Any, Callable[[], Any]]:
    variable = contextvars.ContextVar("variable", default=0)
    return _noting(variable, lambda held: held.set(held.get() + 1), lambda held: held.get())


def thread_local() -> tuple[Any, Callable[[], Any]]:
    local = threading.local()
    local.n = 0
    return _noting(local, lambda held: setattr(held, "n", held.n + 1), lambda held: held.n)


def queued() -> tuple[Any, Callable[[], Any]]:
    return _noting(queue.Queue(), lambda held: held.put(1), lambda held: held.qsize())


def counted_by_an_iterator() -> tuple[Any, Callable[[], Any]]:
    return _noting(itertools.count(), next, repr)


def taken_from_a_list() -> tuple[Any, Callable[[], Any]]:
    return _noting(iter(range(100)), next, lambda held: held.__length_hint__())


class Slotted:
    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


HOLDERS = {
    "slots": (Slotted, lambda held: setattr(held, "n", held.n + 1), lambda held: held.n),
    "deque": (collections.deque, lambda held: held.append(1), list),
    "Counter": (collections.Counter, lambda held: held.update("a"), dict),
    "set": (set, lambda held: held.add(len(held)), sorted),
    "bytearray": (bytearray, lambda held: held.append(1), bytes),
    "array": (lambda: array.array("i"), lambda held: held.append(1), list),
    "random": (lambda: random.Random(0), lambda held: held.random(), lambda held: held.getstate()),
    "RandomState": (lambda: np.random.RandomState(0), lambda held: held.rand(), lambda held: repr(held.get_state())),
}
FACTORIES = {
    one.__name__: one
    for one in (
        wrapped_class,
        wrapped_twice,
        callable_object,
        bound_method,
        behind_a_partial,
        in_a_table,
        in_an_attribute,
        behind_a_library,
        function_attribute,
        new_function_attribute,
        context_variable,
        thread_local,
        queued,
        counted_by_an_iterator,
        taken_from_a_list,
    )
}


@pytest.mark.parametrize("name", [*FACTORIES, *HOLDERS])
def test_what_is_left_behind_is_compared_and_put_back(name: str) -> None:
    if name in FACTORIES:
        function, state = FACTORIES[name]()
    else:
        make, note, shown = HOLDERS[name]
        function, state = _noting(make(), note, shown)
    before = state()
    found = judged(function)
    assert found["verdict"] == "different", found["reason"]
    assert state() == before


def test_a_generator_that_moves_is_never_called_equal() -> None:
    ticks = (n for n in range(1000))
    assert judged(lambda x: (next(ticks), jnp.sin(x))[1])["verdict"] not in AGREED


LOCK, LOGGER = threading.Lock(), logging.getLogger("outside")
ORDINARY = SimpleNamespace(
    ticks=itertools.count(),
    seen={1, 2},
    queue=collections.deque([XS]),
    random=random.Random(0),
    compiled=jax.jit(jnp.tanh),
    ufunc=np.sin,
    counted=functools.lru_cache(lambda n: n + 1),
    variable=contextvars.ContextVar("ordinary"),
    rows=iter([1.0]),
)


@Counted
def marked(x: Any) -> Any:
    return x


def ordinary(x: Any) -> Any:
    """Everything is looked at, and nothing is changed."""
    with LOCK:
        LOGGER.debug("a step")
    del marked.calls
    marked.calls = 0
    return ORDINARY.compiled(x) * ORDINARY.counted(3) + ORDINARY.queue[0][0] * len(ORDINARY.seen)


def test_what_does_not_change_is_no_obstacle() -> None:
    found = judged(ordinary)
    assert found["verdict"] in AGREED, found["reason"]


def test_the_memory_order_of_a_host_array_is_compared() -> None:
    def filled(xs: Any) -> Any:
        out = np.zeros((5, 3), np.float32, order="F")
        for i, x in enumerate(xs):
            out[i] = jnp.cos(x)
        return out

    def report(after: Callable[[Any], Any]) -> dict[str, Any]:
        pair = function_pair(filled, after)
        return judge_values(pair, {"args": (XS,), "kwargs": {}}, "given", Budget(60), lambda report: None)

    assert report(lambda xs: np.asarray(jax.vmap(jnp.cos)(xs)))["verdict"] == "different"
    same = report(lambda xs: np.asfortranarray(jax.vmap(jnp.cos)(xs)))
    assert same["verdict"] in AGREED, same["reason"]
