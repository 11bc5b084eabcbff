"""Values of every kind survive the way through plain data: same structure, bits, aliases."""

from __future__ import annotations

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import collections
import dataclasses
import enum
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmapify.verify.worker.restore import Restore
from vmapify.verify.worker.store import NotStorableError, Store, codes_in
from vmapify.verify.worker.value_tree.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("bool", "int8", "uint32", "int64", "float16", "float32", "float64", "complex64", "bfloat16", "float8_e4m3fn")


class Pair(NamedTuple):
    left: Any
    right: Any


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Frozen:
    data: Any
    more: int = 3


class Slotted:
    __slots__ = ("inner",)


class Settings(dict):  # type: ignore[type-arg]
    def __getattr__(self, name: str) -> Any:
        return self[name]


class Cyclic:
    def __init__(self) -> None:
        self.me, self.weights = self, jnp.ones(3)

    def method(self) -> Any:
        return self.weights


def adder(amount: Any) -> Callable[[Any], Any]:
    def add(x: Any, *, twice: int = 2) -> Any:
        return x + amount * twice

    return add


def there_and_back(value: Any) -> Any:
    """What a bundle makes of a value."""
    codes = codes_in(compile(Path(__file__).read_bytes(), __file__, "exec", dont_inherit=True))
    store = Store(lambda file: codes if file == __file__ else [])
    root, objects = json.loads(json.dumps([store(value, "value"), store.objects]))
    return Restore(objects, codes, globals(), set())(root)


def assert_same(value: Any, other: Any) -> None:
    for a, b in zip(leaves("value", value), leaves("value", other), strict=True):
        assert (a.path, a.label, a.kind) == (b.path, b.label, b.kind)
        if isinstance(a.data, np.ndarray):
            assert a.data.tobytes() == b.data.tobytes()
        elif a.kind == "opaque":
            assert a.data == b.data
        elif a.kind == "exact":
            assert (type(a.data), a.data) == (type(b.data), b.data)


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    dtype = np.dtype(draw(st.sampled_from(NAMES)))
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    size = int(np.prod(shape)) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    host = np.frombuffer(data, np.uint8).view(dtype) if size else np.zeros(0, dtype)
    host = (host & 1 if dtype.kind == "b" else host).astype(dtype).reshape(shape)
    ways = [lambda: host, lambda: np.asfortranarray(host)]
    if dtype.itemsize < 8 or dtype.kind == "c":
        ways.append(lambda: jnp.asarray(host))
    if not shape:
        ways.append(lambda: host[()])
    return draw(st.sampled_from(ways))()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary()
HASHABLE = st.text() | st.integers() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS | arrays() | st.sampled_from([..., slice(1, None), range(3), Colour.RED, jnp.sin, np, np.dtype("f4")]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.builds(Pair, inner, inner)
        | st.builds(Frozen, inner)
        | st.dictionaries(st.text(), inner, max_size=2).map(Settings)
        | st.builds(functools.partial, st.just(jnp.add), inner)
    ),
    max_leaves=8,
)


@given(VALUES)
@settings(max_examples=60)
def test_any_value_comes_back(value: Any) -> None:
    assert_same(value, there_and_back(value))


@pytest.mark.parametrize(
    "value",
    [
        jax.random.key(3),
        jax.random.split(jax.random.key(0, impl="rbg"), 2),
        jax.random.PRNGKey(1),
        jnp.asarray(2.0),
        jnp.broadcast_to(jnp.asarray(2.0), (3, 2)) * jnp.asarray(0.5),
        np.random.default_rng(4),
        np.datetime64("2020-01-01"),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8", (1,))]),
        collections.OrderedDict(z=1, y=2),
        collections.defaultdict(list, {1: [2]}),
        jax.tree_util.Partial(jnp.add, jnp.ones(2)),
        jax.nn.relu,
        jnp.float32,
        2**70,
    ],
    ids=[f"value{i}" for i in range(14)],
)
def test_special_values_come_back(value: Any) -> None:
    assert_same(value, there_and_back(value))


def test_aliases_cycles_slots_methods_and_functions_come_back() -> None:
    shared, slotted, frozen = [1], Slotted(), np.ones(2)
    slotted.inner, frozen.flags.writeable = shared, False
    first, second, other, cyclic, add, array = there_and_back(
        [shared, shared, slotted, Cyclic(), adder(jnp.ones(2)), frozen]
    )
    assert first is second is other.inner
    assert cyclic.me is cyclic
    assert add(jnp.zeros(2)).tolist() == [2.0, 2.0]
    assert not array.flags.writeable
    assert there_and_back(Cyclic().method)().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (iter([1]), "value is of type list_iterator"),
        ([1, {"a": (x for x in "ab")}], "value[1]['a'] is of type generator"),
        (np.array([object()]), "an array of Python objects"),
        (type("Local", (), {})(), "a class that no module holds"),
        (jax.jit(lambda x: x), "is of type"),
        (ValueError("x"), "is of type ValueError"),
    ],
    ids=["iterator", "generator", "objects", "local", "jit", "exception"],
)
def test_what_cannot_be_kept_is_named(value: Any, words: str) -> None:
    with pytest.raises(NotStorableError) as caught:
        there_and_back(value)
    assert words in str(caught.value)
