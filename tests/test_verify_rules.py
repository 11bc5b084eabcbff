"""The rules one by one, on functions judged in this process: each verdict has a case that needs its rule."""

from __future__ import annotations

import os
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import functools
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vmapify.verify.worker.functions import RESULT, function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget, Pair
from vmapify.verify.worker.sampling import redraw, upcast
from vmapify.verify.worker.settings import chosen_device
from vmapify.verify.worker.survey import signature
from vmapify.verify.worker.tolerance import gap, only_signs
from vmapify.verify.worker.value_tree.rebuild import convert, duplicate

if TYPE_CHECKING:
    from collections.abc import Callable


def normal(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape).astype(dtype))


def judge(before: Callable[..., Any], after: Callable[..., Any], *args: Any, kind: str = "given") -> dict[str, Any]:
    pair = function_pair(before, after)
    return judge_values(pair, {"args": args, "kwargs": {}}, kind, Budget(60), lambda report: None)


def each(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda xs: jnp.stack([function(x) for x in xs])


def tf32(x: Any) -> Any:
    """Round float32 to TF32's ten bits unless full precision is asked for."""
    if x.dtype != jnp.float32 or jax.config.jax_default_matmul_precision == "highest":  # type: ignore[attr-defined]
        return x
    bits = jax.lax.bitcast_convert_type(x, jnp.uint32)
    return jax.lax.bitcast_convert_type(bits & jnp.uint32(0xFFFFE000), jnp.float32)


def test_tf32_is_recognised_by_going_away_at_highest_precision() -> None:
    w = normal(64, 64, seed=1)
    loop = lambda w, xs: jnp.stack([x @ w for x in xs])  # noqa: E731
    report = judge(loop, lambda w, xs: tf32(xs) @ tf32(w), w, normal(16, 64))
    assert report["verdict"] == "precision-changed"
    assert "TF32" in report["reason"]
    assert report["max_error_vmap"] > 100 * report["max_error_loop"]
    assert "return[" in report["example"]


def test_lost_precision_that_no_setting_cures() -> None:
    def rounded(xs: Any) -> Any:
        return jnp.where(xs.dtype == jnp.float32, xs.astype(jnp.float16).astype(xs.dtype), xs) * 3

    report = judge(each(lambda x: x * 3), rounded, normal(5, 4))
    assert report["verdict"] == "precision-changed"
    assert "less accurate" in report["reason"]


def test_thresholds_crossed_by_rounding_are_discontinuous() -> None:
    def shifted(xs: Any) -> Any:
        return jnp.floor(xs * (1 + (1e-6 if xs.dtype == jnp.float32 else 0))).astype(jnp.int32)

    report = judge(each(lambda x: jnp.floor(x).astype(jnp.int32)), shifted, jnp.nextafter(jnp.arange(1.0, 7.0), 0.0))
    assert report["verdict"] == "precision-changed"
    assert "threshold" in report["reason"]
    assert "return[0]: 0 in the loop, 1 in the rewrite" in report["reason"]


def test_eigenvectors_up_to_sign_are_inconclusive() -> None:
    half = np.random.default_rng(0).normal(size=(4, 3, 3)).astype(np.float32)
    report = judge(
        each(lambda m: jnp.linalg.eigh(m)[1]),
        lambda ms: jax.vmap(lambda m: jnp.linalg.eigh(m)[1])(ms) * jnp.array([1, -1, 1]),
        jnp.asarray(half + half.swapaxes(1, 2)),
    )
    assert report["verdict"] == "inconclusive"
    assert "sign" in report["reason"]


def test_a_lost_minus_of_scalars_is_different() -> None:
    assert judge(each(lambda x: -x), lambda xs: xs, normal(5))["verdict"] == "different"


def test_a_lost_minus_of_vectors_is_different_where_nothing_is_factorized() -> None:
    assert judge(each(lambda x: -x), lambda xs: xs, normal(5, 3))["verdict"] == "different"


def test_half_precision_is_judged_in_float64() -> None:
    xs = normal(4, 3).astype(jnp.bfloat16)
    wrong = judge(each(lambda x: x.sum()), lambda xs: xs.sum(1) * 1.0005, xs)
    right = judge(each(lambda x: x.sum()), jax.vmap(lambda x: x.sum()), xs)
    assert wrong["verdict"] == "different"
    assert right["verdict"] in {"identical", "equivalent"}


def test_half_precision_without_a_float64_rerun_is_inconclusive() -> None:
    def fixed(x: Any) -> Any:
        assert x.dtype == jnp.bfloat16
        return x * 3

    report = judge(each(fixed), lambda xs: fixed(xs) + jnp.bfloat16(0.001), jnp.full((3, 2), 0.1, jnp.bfloat16))
    assert report["verdict"] == "inconclusive"


def test_a_float64_loop_is_measured_by_its_own_conditioning() -> None:
    with jax.enable_x64(True):
        xs = jnp.asarray(np.random.default_rng(0).normal(size=(4, 20_000)) * 1e8)
        report = judge(
            each(lambda x: functools.reduce(jnp.add, jnp.split(x, 10)).sum() - 1.0),
            jax.vmap(lambda x: x[::-1].sum() - 1.0),
            xs,
        )
        cast = judge(each(lambda x: x * 3), lambda xs: xs.astype(jnp.float32).astype(xs.dtype) * 3, xs[:, :3])
    assert report["verdict"] == "equivalent", report
    assert cast["verdict"] == "precision-changed", cast


def test_integers_of_a_loop_without_floats_are_exact() -> None:
    xs = jnp.arange(12, dtype=jnp.int32).reshape(4, 3)
    assert judge(each(jnp.sum), jax.vmap(jnp.sum), xs)["verdict"] == "identical"
    report = judge(each(jnp.sum), lambda xs: xs.sum(1).at[2].add(1), xs)
    assert report["verdict"] == "different"
    assert "return[2]: 21 in the loop, 22 in the rewrite" in report["reason"]


def test_keys_are_compared_by_their_data() -> None:
    keys = jax.random.split(jax.random.key(0), 4)
    fold = functools.partial(jax.random.fold_in, data=3)
    assert judge(each(fold), jax.vmap(fold), keys)["verdict"] == "identical"
    assert judge(each(fold), lambda keys: jax.vmap(fold)(keys[::-1]), keys)["verdict"] == "different"


def test_donated_arguments_are_seen_to_be_deleted() -> None:
    eats = jax.jit(lambda x: x * 2, donate_argnums=0)
    report = judge(lambda xs: xs * 2, eats, normal(5, 3))
    assert report["verdict"] == "different"
    assert "deleted" in report["reason"]


def test_made_up_values_that_the_loop_refuses_prove_nothing() -> None:
    def picky(x: Any) -> Any:
        if x.sum() < 100:
            raise ValueError("too small")
        return x

    assert judge(each(picky), lambda xs: xs, normal(4, 2), kind="synthesized")["verdict"] == "inconclusive"
    assert judge(each(picky), lambda xs: xs, normal(4, 2))["verdict"] == "different"


def test_both_versions_raising_is_no_evidence() -> None:
    report = judge(lambda xs: xs.nope, lambda xs: xs.nope, normal(3))
    assert report["verdict"] == "inconclusive"
    assert "both versions raise AttributeError" in report["reason"]


def test_objects_that_cannot_be_compared_are_named() -> None:
    report = judge(lambda xs: lambda: xs, lambda xs: lambda: xs, normal(3))
    assert report["verdict"] == "inconclusive"
    assert "function" in report["reason"]


COUNTS = {"calls": 0}
ROWS: list[Any] = []


class Tally:
    calls = 0

    @classmethod
    def add(cls) -> None:
        cls.calls += 1


def test_state_outside_is_put_back_after_each_run_and_compared() -> None:
    total = 0

    def in_a_global(x: Any) -> Any:
        COUNTS["calls"] += 1
        return x * COUNTS["calls"]

    def in_a_list(x: Any) -> Any:
        ROWS.append(1)
        return x * 2

    def in_a_class(x: Any) -> Any:
        Tally.add()
        return x * 2

    def in_a_closure(x: Any) -> Any:
        nonlocal total
        total += 1
        return x * 2

    for stateful in (in_a_global, in_a_list, in_a_class, in_a_closure):
        report = judge(each(stateful), jax.vmap(stateful), normal(4, 3))
        assert report["verdict"] == "different", report
        assert "(outside)" in report["reason"] or stateful is in_a_global
        assert judge(each(stateful), each(stateful), normal(4, 3))["verdict"] == "identical"
    assert (COUNTS["calls"], ROWS, Tally.calls, total) == (0, [], 0, 0)


def test_the_same_function_passed_through_is_equal() -> None:
    report = judge(lambda f, xs: (f, each(f)(xs)), lambda f, xs: (f, jax.vmap(f)(xs)), jnp.sin, normal(4, 2))
    assert report["verdict"] in {"identical", "equivalent"}, report


def test_outputs_that_never_get_a_value_are_not_equal() -> None:
    pair = Pair(lambda inputs: {}, lambda inputs: {}, {"out": 0})
    report = judge_values(pair, {"xs": normal(3)}, "given", Budget(60), lambda report: None)
    assert report["verdict"] == "inconclusive"
    assert "out has no value" in report["reason"]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e20])
def test_gaps_are_relative_to_each_lane(scale: float) -> None:
    lanes = np.array([[1.0, 2.0], [1e-6, 2e-6]]) * scale
    assert gap(lanes * (1 + 1e-9), lanes, 0).within(1e-8)
    small = lanes.copy()
    small[1, 0] *= 1.001
    assert not gap(small, lanes, 0).within(1e-5)
    assert gap(small, lanes, None).within(1e-5)


def test_nan_and_infinity_must_stand_in_the_same_places() -> None:
    data = np.array([np.nan, np.inf, 1.0])
    assert gap(data, data, 0).within(0)
    assert not gap(np.array([1.0, np.inf, np.nan]), data, 0).within(1e9)
    assert not gap(np.array([np.nan, -np.inf, 1.0]), data, 0).within(1e9)


def test_only_signs_means_whole_vectors() -> None:
    data = np.random.default_rng(0).normal(size=(4, 3, 3))
    flipped = data * np.array([1, -1, 1])
    assert only_signs(flipped, data, 0)
    mixed = data.copy()
    mixed[0, 0, 0] *= -1
    assert not only_signs(mixed, data, 0)


def test_devices_are_found_by_name_or_missed_by_name() -> None:
    assert chosen_device(None) is None
    assert chosen_device("cpu:0") == jax.devices("cpu")[0]
    assert "'cpu:7' was asked for" in chosen_device("cpu:7")
    assert "'abacus' was asked for" in chosen_device("abacus")


class Holder:
    def __init__(self, w: Any) -> None:
        self.w = w
        self.itself = self


def test_copies_are_independent_and_keep_aliases_and_cycles() -> None:
    array = np.ones(3)
    inputs = {"a": [array, array], "h": Holder(array), "f": np.sin}
    copies = duplicate(inputs)
    copies["a"][0][0] = 5
    assert array[0] == 1
    assert copies["a"][0] is copies["a"][1] is copies["h"].w
    assert copies["f"] is np.sin


def test_conversion_reaches_objects_and_closures_and_keeps_the_rest() -> None:
    w = normal(3)

    def closure(x: Any) -> Any:
        return x * w

    with jax.enable_x64(True):
        wide = convert({"h": Holder(w), "f": closure, "n": 3, "s": {"k": (w,)}}, upcast)
        assert wide["h"].w.dtype == wide["s"]["k"][0].dtype == wide["f"](1.0).dtype == jnp.float64
    unchanged = {"n": 3, "text": ["a"]}
    assert convert(unchanged, upcast)["text"] is unchanged["text"]


def test_redrawn_values_keep_shape_dtype_and_range() -> None:
    random = np.random.default_rng(0)
    inputs = {"p": jnp.linspace(0.1, 0.9, 7), "n": normal(4, 3), "i": jnp.arange(3), "m": jnp.eye(3) * 2}
    fresh = convert(inputs, redraw(random))
    assert signature(fresh) == signature(inputs)
    assert 0.1 <= fresh["p"].min() < fresh["p"].max() <= 0.9
    assert bool(jnp.all(jnp.diff(fresh["p"]) > 0))
    assert fresh["i"] is inputs["i"]
    assert bool(jnp.all(jnp.linalg.eigvalsh(fresh["m"]) > 0))
    assert not np.array_equal(fresh["n"], inputs["n"])


def test_lists_are_lanes_too() -> None:
    before: Callable[..., Any] = lambda xs: [float(x.sum()) for x in xs]  # noqa: E731
    assert judge(before, lambda xs: jax.vmap(jnp.sum)(xs).tolist(), normal(4, 3))["verdict"] in {
        "identical",
        "equivalent",
    }
    report = judge(before, lambda xs: jax.vmap(jnp.sum)(xs)[::-1].tolist(), normal(4, 3))
    assert report["verdict"] == "different"
    assert RESULT in report["reason"]


def test_small_parts_count_as_much_as_large_ones() -> None:
    def parts(x: Any) -> Any:
        return jnp.stack([x.sum() * 1e6, x[0] * 1e-3])

    xs = normal(4, 3)
    assert judge(each(parts), jax.vmap(parts), xs)["verdict"] in {"identical", "equivalent"}
    report = judge(each(parts), lambda xs: jax.vmap(parts)(xs).at[2, 1].multiply(1.01), xs)
    assert report["verdict"] == "different"
    rows = lambda xs: {"rows": jnp.stack([x * 10.0 ** (-3 * i) for i, x in enumerate(xs)] * 2)}  # noqa: E731
    report = judge(rows, lambda xs: {"rows": rows(xs)["rows"].at[3].multiply(-1)}, xs)
    assert report["verdict"] == "different"


def test_a_constant_that_is_off_by_a_millionth_is_not_rounding() -> None:
    report = judge(each(lambda x: x * 1000), lambda xs: xs * 1000.001, normal(4, 3))
    assert report["verdict"] == "different"
    assert "allowed: 1e-08" in report["reason"]


def test_types_narrower_than_the_inputs_are_inconclusive_not_different() -> None:
    w = normal(64, 9, seed=1)

    def half(x: Any) -> Any:
        return (x.astype(jnp.bfloat16) @ w.astype(jnp.bfloat16)).astype(x.dtype)

    def other_order(xs: Any) -> Any:
        return (xs[:, ::-1].astype(jnp.bfloat16) @ w[::-1].astype(jnp.bfloat16)).astype(xs.dtype) * 1.001

    report = judge(each(half), other_order, normal(5, 64))
    assert report["verdict"] == "inconclusive", report
    assert "whatever its inputs are" in report["reason"]
    cast = judge(each(lambda x: x @ w), lambda xs: (xs @ w).astype(jnp.bfloat16).astype(xs.dtype), normal(5, 64))
    assert cast["verdict"] == "different", cast


def test_a_number_of_rows_that_is_written_down_is_found_out() -> None:
    xs = normal(5, 3)
    numbered = lambda xs: jnp.stack([x * i for i, x in enumerate(xs)])  # noqa: E731
    right = judge(numbered, lambda xs: jax.vmap(jnp.multiply)(xs, jnp.arange(len(xs))), xs)
    assert (right["verdict"], right["sizes"]) == ("identical", [6, 1]), right
    report = judge(numbered, lambda xs: jax.vmap(jnp.multiply)(xs, jnp.arange(5)), xs)
    assert report["sizes"] == []
    assert "but with 6 rows instead of 5: the rewrite raises" in report["reason"]


def test_an_order_that_is_taken_for_granted_is_found_out() -> None:
    looked_up = lambda table, rows: jnp.stack([table[r] for r in rows])  # noqa: E731
    report = judge(looked_up, lambda table, rows: table[: len(rows)], normal(7, 3), jnp.arange(5))
    assert report["verdict"] == "different"
    assert "rows permuted" in report["reason"]


def test_a_sum_that_never_changes_but_with_the_number_of_rows_has_power() -> None:
    def total(xs: Any) -> Any:
        acc = 0.0
        for x in xs:
            acc = acc + jax.nn.softmax(x).sum()
        return acc

    right = judge(total, lambda xs: jnp.sum(jax.vmap(jax.nn.softmax)(xs)), normal(5, 3))
    assert right["verdict"] in {"identical", "equivalent"}, right


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda xs: (xs * 3)[::-1], "in another order: row 0 is the loop's row 4"),
        (lambda xs: jnp.broadcast_to(xs[2] * 3, xs.shape), "every row of the rewrite is the loop's row 2"),
        (lambda xs: xs * 3 / len(xs), "divided by 5"),
        (lambda xs: xs * -3, "the other sign"),
        (lambda xs: xs * 3 + 1, "plus 1"),
        (lambda xs: (xs * 3).at[3].multiply(1.5), "only row 3 of 5 differs"),
        (lambda xs: (xs * 3).astype(jnp.bfloat16).astype(xs.dtype), "rounds to bfloat16"),
        (lambda xs: (xs * 3).at[1].set(jnp.nan), "NaN"),
    ],
)
def test_the_reason_says_what_the_difference_looks_like(wrong: Callable[..., Any], words: str) -> None:
    report = judge(each(lambda x: x * 3), wrong, normal(5, 4))
    assert report["verdict"] == "different"
    assert words in report["reason"]
    assert "in float64" in report["example"]
    assert "off by" in report["example"]


def test_vmap_of_the_body_is_proven_by_construction() -> None:
    w, xs, ys = normal(3, 2), normal(5, 3), normal(5, 3, seed=1)

    def body(w: Any, x: Any) -> Any:
        return jnp.tanh(x @ w) + jnp.where(x > 0, x, 0).sum()

    pairs: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (lambda xs: jnp.stack([body(w, x) for x in xs]), lambda xs: jax.vmap(body, in_axes=(None, 0))(w, xs)),
        (lambda xs: jnp.stack([body(w, xs[i]) for i in range(5)], axis=1), jax.vmap(lambda x: body(w, x), out_axes=1)),
        (
            lambda xs: jnp.array([(xs[i + 1] * ys[i]).sum() for i in range(4)]),
            lambda xs: jax.vmap(lambda a, b: (a * b).sum())(xs[1:], ys[:-1]),
        ),
    ]
    for before, after in pairs:
        report = judge(before, after, xs)
        assert "proven by construction" in report["reason"], report


def test_what_is_carried_or_random_is_not_proven() -> None:
    def carried(xs: Any) -> Any:
        rows = [xs[0]]
        for x in xs[1:]:
            rows.append(rows[-1] * 0 + x)
        return jnp.stack(rows)

    report = judge(carried, jnp.array, normal(5, 3))
    assert report["verdict"] in {"identical", "equivalent"}
    assert "proven" not in report["reason"]


def test_what_an_empty_batch_gives_is_a_remark() -> None:
    def total(xs: Any) -> Any:
        acc = 0.0
        for x in xs:
            acc = acc + jnp.tanh(x).sum()
        return acc

    found = judge(total, lambda xs: jnp.sum(jax.vmap(lambda x: jnp.tanh(x).sum())(xs)), normal(5, 3))
    assert found["verdict"] in {"identical", "equivalent"}
    assert "but with no rows: return is float in the loop, jax.Array float32[] in the rewrite" in found["reason"]
    assert 0 not in found["sizes"]


def test_an_empty_batch_is_evidence_where_the_loop_takes_it() -> None:
    def shifted(xs: Any) -> Any:
        out = jnp.zeros_like(xs)
        for i in range(xs.shape[0]):
            out = out.at[i].set(jnp.tanh(xs[i]))
        return out

    found = judge(shifted, jax.vmap(jnp.tanh), normal(5, 3))
    assert found["verdict"] in {"identical", "equivalent"}
    assert 0 in found["sizes"]
    assert "no rows" not in found["reason"]


def test_two_traces_must_be_one_program() -> None:
    def limited(x: Any) -> Any:
        return jnp.where(x > -1000.0 - time.perf_counter_ns() % 2**20, jnp.tanh(x), 0.0)

    found = judge(each(limited), jax.vmap(limited), normal(5, 3))
    assert found["verdict"] == "inconclusive"
    assert "two traces of the loop differ" in found["reason"]


class Memo:
    """An object that functions leave notes on while they are traced."""

    def __init__(self) -> None:
        self.notes: dict[str, float] = {}


MEMO = Memo()


@jax.jit
def noted(x: Any) -> Any:
    MEMO.notes["scale"] = 2.0
    return 2.0 * jnp.tanh(x)


def test_what_jitted_functions_note_while_traced_does_not_make_a_loop_unstable() -> None:
    found = judge(each(noted), jax.vmap(noted), normal(5, 3))
    assert found["verdict"] in {"identical", "equivalent"}, found["reason"]
    wrong = judge(each(noted), lambda xs: jax.vmap(noted)(xs)[::-1], normal(5, 3))
    assert wrong["verdict"] == "different"


@pytest.mark.filterwarnings("ignore:Python iterable type")
def test_an_iterator_that_ends_is_still_something_else() -> None:
    rows = iter([1.0, 2.0])

    def scaled(x: Any) -> Any:
        return x * next(rows, 3.0)

    assert judge(each(scaled), jax.vmap(scaled), normal(5, 3))["verdict"] not in {"identical", "equivalent"}


def test_digits_of_numpys_64_bits_are_not_lost_in_silence() -> None:
    def covariance(r: Any) -> Any:
        d = r[0] - r[1]
        return (
            jnp.array([[r[0], d], [d, r[1]]])
            if isinstance(r, np.ndarray)
            else jnp.stack([jnp.stack([r[0], d]), jnp.stack([d, r[1]])])
        )

    def loop(xs: Any) -> Any:
        return jnp.stack([covariance(x) for x in xs])

    large = 1.6e9 + np.array([[3.0, 0.0], [4.0, 0.0], [-20.0, 0.0]])
    report = judge(loop, lambda xs: jax.vmap(covariance)(jnp.asarray(xs)), large)
    assert report["verdict"] == "precision-changed", report["reason"]
    assert "64-bit numbers on the host" in report["reason"]
    small = np.array([[3.0, 0.5], [4.0, 1.0], [-20.0, 2.0]])
    right = judge(loop, lambda xs: jax.vmap(covariance)(jnp.asarray(xs)), small)
    assert right["verdict"] in {"identical", "equivalent"}, right["reason"]
