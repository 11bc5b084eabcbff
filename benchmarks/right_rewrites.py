"""Right rewrites of numerically awkward functions: none of them may be called different.

    python benchmarks/right_rewrites.py                          # every operation, dtype, loop and rewrite
    python benchmarks/right_rewrites.py --cases cases.jsonl      # and the positive pairs of a catalogue, also jitted
    python benchmarks/right_rewrites.py --only svd,lorenz -v     # some operations, a line for each pair
    python benchmarks/right_rewrites.py --part 2/4 --save rows2.jsonl    # the second quarter
    python benchmarks/right_rewrites.py --merge rows?.jsonl --table benchmarks/right_rewrites.md

The loop calls the function once a lane, eagerly or jitted; the rewrites are ``vmap``, ``jit(vmap)`` and ``lax.map`` in
batches. Chaotic, ill-conditioned and sign-ambiguous results may come out inconclusive, with the
reason. Exit 1 if a pair is called different or precision-changed.
"""

from __future__ import annotations

import argparse
import collections
import functools
import json
import os
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
import parts
from cases_verdicts import load

from vmapify.verify.worker.attempt import attempt
from vmapify.verify.worker.functions import function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LANES = 7
"""Lanes of every pair; ``lax.map`` in batches of three leaves one over."""
ALL = ("float32", "bfloat16", "float16", "float64")
FULL = ("float32", "float64")
VERDICTS = ("identical", "equivalent", "inconclusive", "precision-changed", "different")


@dataclass(frozen=True, slots=True)
class Operation:
    """``lanes`` are shapes of what each lane has of its own, ``shared`` of what all lanes read."""

    function: Callable[..., Any]
    lanes: tuple[tuple[int, ...], ...]
    shared: tuple[tuple[int, ...], ...] = ()
    dtypes: tuple[str, ...] = ALL
    offset: float = 0.0


def attention(q: Any, k: Any, v: Any) -> Any:
    return jax.nn.softmax(q @ k.T / 4, axis=-1) @ v


def network(x: Any, w1: Any, w2: Any) -> Any:
    return w2 @ jnp.tanh(w1 @ jnp.tanh(w1 @ x / 8) / 8)


def network_gradient(x: Any, w1: Any, w2: Any) -> Any:
    return jax.grad(lambda w: jnp.sum(network(x, w, w2) ** 2))(w1)


def process(x: Any, y: Any) -> Any:
    gaps = x[:, None] - x[None, :]
    factor = jnp.linalg.cholesky(jnp.exp(-gaps * gaps / 2) + 0.1 * jnp.eye(x.size, dtype=x.dtype))
    return jax.scipy.linalg.cho_solve((factor, True), y)


def convolved(image: Any, kernel: Any) -> Any:
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(image[None], kernel, (1, 1), "SAME", dimension_numbers=layout)[0]


def integrated(rate: Callable[[Any], Any], step: float, count: int) -> Callable[[Any], Any]:
    def advance(s: Any, _: None) -> tuple[Any, None]:
        h = jnp.asarray(step, s.dtype)
        a = rate(s)
        b = rate(s + h / 2 * a)
        c = rate(s + h / 2 * b)
        return s + h / 6 * (a + 2 * b + 2 * c + rate(s + h * c)), None

    return lambda s: jax.lax.scan(advance, s, None, length=count)[0]


def pendulum(s: Any) -> Any:
    return jnp.stack([s[1], -jnp.sin(s[0]) - 0.1 * s[1]])


def lorenz(s: Any) -> Any:
    x, y, z = s
    return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def recurrent(x: Any, w: Any) -> Any:
    return jax.lax.fori_loop(0, 200, lambda _, h: jnp.tanh(w @ h), x)


def newton(x: Any) -> Any:
    """A square root by iteration until it stands still."""
    target = x * x + 2
    return jax.lax.while_loop(lambda s: s[1] < 20, lambda s: (0.5 * (s[0] + target / s[0]), s[1] + 1), (target, 0))[0]


def distances(xs: Any, ys: Any) -> Any:
    return (xs * xs).sum(1)[:, None] - 2 * xs @ ys.T + (ys * ys).sum(1)[None]


def narrow_inside(x: Any, w: Any) -> Any:
    return (x.astype(jnp.float32) @ w.astype(jnp.float32)).astype(x.dtype)


def half_inside(x: Any, w: Any) -> Any:
    return (x.astype(jnp.bfloat16) @ w.astype(jnp.bfloat16)).astype(x.dtype)


def shifted_solve(m: Any, b: Any) -> Any:
    return jnp.linalg.solve(m + 4 * jnp.eye(16, dtype=m.dtype), b)


def symmetric(m: Any) -> Any:
    return m @ m.T


OPERATIONS: dict[str, Operation] = {
    "matvec 128": Operation(lambda x, w: w @ x, ((128,),), ((128, 128),)),
    "matvec 128 at highest": Operation(lambda x, w: jnp.dot(w, x, precision="highest"), ((128,),), ((128, 128),)),
    "attention 24x16": Operation(attention, ((24, 16),) * 3),
    "network 64": Operation(network, ((64,),), ((64, 64), (64, 64))),
    "gradient of network 64": Operation(network_gradient, ((64,),), ((64, 64), (64, 64))),
    "hessian 6": Operation(jax.hessian(lambda y: jnp.sum(jnp.tanh(y) ** 3)), ((6,),)),
    "cholesky solve 24": Operation(process, ((24,), (24,)), dtypes=FULL),
    "linear solve 16": Operation(shifted_solve, ((16, 16), (16,)), dtypes=FULL),
    "ill-conditioned solve": Operation(lambda x, b: jnp.linalg.solve(jnp.vander(x / 3), b), ((9,), (9,)), dtypes=FULL),
    "inverse 8": Operation(jnp.linalg.inv, ((8, 8),), dtypes=FULL),
    "slogdet 8": Operation(lambda m: jnp.linalg.slogdet(m)[1], ((8, 8),), dtypes=FULL),
    "expm 5": Operation(jax.scipy.linalg.expm, ((5, 5),), dtypes=FULL),
    "lstsq 9x4": Operation(lambda a, b: jnp.linalg.lstsq(a, b)[0], ((9, 4), (9,)), dtypes=FULL),
    "rfft 64": Operation(jnp.fft.rfft, ((64,),), dtypes=FULL),
    "conv, shared kernel": Operation(convolved, ((8, 8, 4),), ((3, 3, 4, 4),)),
    "conv, own kernel": Operation(convolved, ((8, 8, 4), (3, 3, 4, 4))),
    "pendulum, 100 steps": Operation(integrated(pendulum, 0.05, 100), ((2,),)),
    "lorenz, 1000 steps": Operation(integrated(lorenz, 0.02, 1000), ((3,),), offset=10.0),
    "recurrent net, gain 3, 200 steps": Operation(recurrent, ((24,),), ((24, 24),)),
    "newton iteration": Operation(newton, ((5,),)),
    "logsumexp 500": Operation(lambda x: jax.nn.logsumexp(10 * x), ((500,),)),
    "mean of squares 2000": Operation(lambda x: jnp.mean(x**2), ((2000,),)),
    "variance, large mean": Operation(jnp.var, ((300,),), offset=100.0),
    "one-pass variance, large mean": Operation(lambda x: jnp.mean(x * x) - jnp.mean(x) ** 2, ((300,),), offset=100.0),
    "cancellation": Operation(lambda x, w: jnp.sum(x * w) - jnp.dot(x, w) + jnp.sum(x * w), ((256,), (256,))),
    "pure cancellation": Operation(lambda x, w: jnp.sum(x * w) - jnp.dot(x, w), ((256,), (256,))),
    "distances": Operation(distances, ((12, 5), (9, 5))),
    "distances to itself": Operation(lambda x: distances(x, x), ((12, 5),)),
    "cumulative product": Operation(lambda x: jnp.cumprod(1 + x / 10), ((60,),)),
    "layer norm": Operation(lambda x: (x - x.mean()) / jnp.sqrt(x.var() + 1e-5), ((80,),)),
    "sort": Operation(jnp.sort, ((40,),)),
    "top values": Operation(lambda x: jax.lax.top_k(x, 3)[0], ((40,),), dtypes=FULL),
    "quantiles": Operation(lambda x: jnp.quantile(x, jnp.array([0.1, 0.5]).astype(x.dtype)), ((40,),), dtypes=FULL),
    "argmax of a product": Operation(lambda x, w: jnp.argmax(w @ x), ((32,),), ((50, 32),)),
    "rounded product": Operation(lambda x, w: jnp.floor(w @ x), ((32,),), ((50, 32),)),
    "threshold of a product": Operation(lambda x, w: (w @ x > 0).astype(x.dtype), ((32,),), ((50, 32),)),
    "threshold of a cancellation": Operation(lambda x, w: jnp.sign(jnp.sum(x * w) - jnp.dot(x, w)), ((64,), (64,))),
    "singular values 12": Operation(lambda m: jnp.linalg.svd(m, compute_uv=False), ((12, 12),), dtypes=FULL),
    "svd vectors 12": Operation(lambda m: jnp.linalg.svd(m, full_matrices=False)[0], ((12, 12),), dtypes=FULL),
    "eigh vectors 12": Operation(lambda m: jnp.linalg.eigh(symmetric(m))[1], ((12, 12),), dtypes=FULL),
    "eigh of product, deficient": Operation(lambda m: jnp.linalg.eigh(symmetric(m))[1], ((12, 5),), dtypes=FULL),
    "eigenvalues 8": Operation(jnp.linalg.eigvals, ((8, 8),), dtypes=FULL),
    "qr q 12": Operation(lambda m: jnp.linalg.qr(m)[0], ((12, 12),), dtypes=FULL),
    "float32 inside": Operation(narrow_inside, ((64,),), ((64, 9),)),
    "bfloat16 inside": Operation(half_inside, ((64,),), ((64, 9),), dtypes=FULL),
    "gamma functions": Operation(lambda x: jax.scipy.special.gammaln(jnp.abs(x) + 0.1), ((30,),)),
    "wide range": Operation(lambda x: jnp.exp(8 * x), ((30,),), dtypes=FULL),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """The verdict on one pair."""

    operation: str
    dtype: str
    pair: str
    verdict: str
    reason: str


def pairs(operation: Operation) -> Iterator[tuple[str, Callable[..., Any], Callable[..., Any]]]:
    """Loops with rewrites; they take the batches first, then what is shared."""
    f, own = operation.function, len(operation.lanes)
    jitted = jax.jit(f)
    axes = (0,) * own + (None,) * len(operation.shared)
    mapped = jax.vmap(f, in_axes=axes)

    def looped(g: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: jnp.stack([g(*rows, *args[own:]) for rows in zip(*args[:own], strict=True)])

    def sequential(*args: Any) -> Any:
        return jax.lax.map(lambda rows: f(*rows, *args[own:]), args[:own], batch_size=3)

    yield "loop, vmap", looped(f), mapped
    yield "loop, jit(vmap)", looped(f), jax.jit(mapped)
    yield "jit(loop), jit(vmap)", jax.jit(looped(f)), jax.jit(mapped)
    yield "loop of jit, lax.map in batches", looped(jitted), sequential


def arguments(operation: Operation, dtype: str) -> tuple[Any, ...]:
    random = np.random.default_rng(7)
    shapes = [(LANES, *shape) for shape in operation.lanes] + [*operation.shared]
    gain = 3 / np.sqrt(24) if operation.function is recurrent else 1.0
    scales = [1.0] * len(operation.lanes) + [gain] * len(operation.shared)
    values = zip(shapes, scales, strict=True)
    return tuple(jnp.asarray(operation.offset + scale * random.normal(size=shape), dtype) for shape, scale in values)


def judged(before: Callable[..., Any], after: Callable[..., Any], args: tuple[Any, ...]) -> tuple[str, str]:
    pair, inputs = function_pair(before, after), {"args": args, "kwargs": {}}
    report, error = attempt(lambda: judge_values(pair, inputs, "given", Budget(8.0), lambda _: None))
    return ("crashed", repr(error)) if error is not None else (report["verdict"], report["reason"])


def tasks(only: list[str], catalogue: Path | None) -> Iterator[Callable[[], Iterator[Row]]]:
    """What gives some rows each: an operation in one dtype, or a pair of the catalogue."""
    for name, operation in OPERATIONS.items():
        for dtype in operation.dtypes if not only or any(word in name for word in only) else ():
            yield functools.partial(operation_rows, name, operation, dtype)
    for line in catalogue.read_text(encoding="utf-8").splitlines() if catalogue else ():
        case = json.loads(line)
        if case["kind"] == "positive" and (not only or case["id"] in only):
            yield functools.partial(case_rows, case)


def operation_rows(name: str, operation: Operation, dtype: str) -> Iterator[Row]:
    with jax.enable_x64(dtype == "float64"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for title, before, after in pairs(operation):
            yield Row(name, dtype, title, *judged(before, after, arguments(operation, dtype)))
    jax.clear_caches()


def case_rows(case: dict[str, Any]) -> Iterator[Row]:
    before = load(f"{case['id']}_before", case["before"])
    after = load(f"{case['id']}_after", case["after"])
    loop, right = (getattr(module, case["entry"]) for module in (before, after))
    args = eval(case["args"][0], before.__dict__)
    with jax.enable_x64(bool(case.get("x64"))), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Row(case["id"], "case", "loop, vmap", *judged(loop, right, args))
        if attempt(lambda loop=loop, args=args: jax.jit(loop)(*args))[1] is None:
            yield Row(case["id"], "case", "jit(loop), jit(vmap)", *judged(jax.jit(loop), jax.jit(right), args))


def table(rows: list[Row]) -> list[str]:
    tally: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row in rows:
        tally["catalogue" if row.dtype == "case" else row.operation][row.verdict] += 1
    lines = [f"| operation | pairs | {' | '.join(VERDICTS)} |", "|---|" + "---|" * (len(VERDICTS) + 1)]
    for name, counts in tally.items():
        lines.append(f"| {name} | {counts.total()} | " + " | ".join(str(counts[v] or "") for v in VERDICTS) + " |")
    return lines


def reasons(rows: list[Row]) -> list[str]:
    unsure = [row for row in rows if row.verdict not in {"identical", "equivalent"}]
    return [f"- {row.operation}, {row.dtype}, {row.pair}: {row.verdict}: {row.reason}" for row in unsure]


def summary(rows: list[Row], versions: str) -> str:
    counts = collections.Counter(row.verdict for row in rows)
    found = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    return f"jax {versions}: {len(rows)} right rewrites: {found}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=Path, help="a catalogue as for cases_verdicts.py; its positive pairs are used")
    parser.add_argument("--only", default="", help="parts of names, separated by commas")
    parser.add_argument("--table", type=Path, help="write the table to this file")
    parser.add_argument("-v", "--verbose", action="store_true")
    parts.options(parser)
    options = parser.parse_args()
    versions = jax.__version__
    if options.merge:
        rows, versions = parts.merged(options.merge, Row)
    else:
        rows = run(options)
    print(summary(rows, versions))
    if options.table:
        about = (
            "Right rewrites of numerically awkward functions, eager and jitted, and what the verifier says of them:\n"
            "`python benchmarks/right_rewrites.py --cases CATALOGUE --table FILE`, on CPU."
        )
        title = ["# Right rewrites", "", about, "", summary(rows, versions), ""]
        options.table.write_text("\n".join([*title, *table(rows), "", *reasons(rows), ""]), encoding="utf-8")
    return any(row.verdict in {"different", "precision-changed", "crashed"} for row in rows)


def run(options: argparse.Namespace) -> list[Row]:
    """Judge the pairs of the part; what is not accepted is told at once."""
    rows: list[Row] = []
    for task in parts.of_part(tasks(list(filter(None, options.only.split(","))), options.cases), options.part):
        start, found = time.perf_counter(), list(task())
        rows += found
        parts.save(options.save, found)
        print(
            f"{found[0].operation} {found[0].dtype}: {len(found)} pairs, {time.perf_counter() - start:.1f} s",
            flush=True,
        )
        for row in found:
            if options.verbose or row.verdict not in {"identical", "equivalent"}:
                print("  ", row.pair, row.verdict, row.reason, sep=" | ", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
