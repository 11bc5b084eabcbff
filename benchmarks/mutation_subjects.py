# ruff: noqa: PERF401 - loops that a linter would rewrite are the subject here
"""Loops with their right rewrites, over many dtypes: what the mutations of ``mutation_score.py`` start from.

``SUBJECTS`` maps a name to the dtypes to draw in and a function from a dtype to the arguments. ``NAME_loop`` is
the loop, ``NAME_vmap`` the rewrite. All batch sizes and all other extents are distinct unless a subject says
otherwise, and no lane equals another.
"""

from __future__ import annotations

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SINGLE = ("float32",)
REAL = ("float32", "bfloat16", "float16", "float64")
FLOATS = (*REAL, "complex64", "complex128")
LINALG = ("float32", "float64")
INTEGERS = ("int32", "uint8", "int64")
ANY = (*FLOATS, "int32")


def normal(dtype: str, *shape: int, seed: int = 0) -> Any:
    """Random numbers: normal ones, complex ones, or integers from 0 to 9."""
    random = np.random.default_rng(seed)
    if np.issubdtype(np.dtype(getattr(jnp, dtype)), np.integer):
        return jnp.asarray(random.integers(0, 10, shape), dtype)
    real = random.normal(size=shape)
    return jnp.asarray(real + 1j * random.normal(size=shape) if "complex" in dtype else real, dtype)


def positive(dtype: str, *shape: int, seed: int = 0) -> Any:
    """Real numbers from 0.5 to 2."""
    return jnp.asarray(np.random.default_rng(seed).uniform(0.5, 2.0, shape), dtype)


def keys(count: int) -> Any:
    return jax.random.split(jax.random.key(7), count)


def affine_loop(w, b, xs):
    return jnp.stack([jnp.tanh(x @ w + b) for x in xs])


def affine_vmap(w, b, xs):
    return jax.vmap(lambda w, b, x: jnp.tanh(x @ w + b), in_axes=(None, None, 0))(w, b, xs)


def square_loop(w, xs):
    out = []
    for x in xs:
        out.append(w @ x)
    return jnp.stack(out)


def square_vmap(w, xs):
    return jax.vmap(jnp.matmul, in_axes=(None, 0))(w, xs)


def dots_loop(xs, ys):
    return jnp.array([jnp.vdot(x, y) for x, y in zip(xs, ys, strict=True)])


def dots_vmap(xs, ys):
    return jax.vmap(jnp.vdot)(xs, ys)


def columns_loop(a):
    return jnp.stack([a[:, j] * 2 - a[0, j] for j in range(a.shape[1])])


def columns_vmap(a):
    return jax.vmap(lambda column: column * 2 - column[0], in_axes=1)(a)


def stacked_last_loop(xs):
    return jnp.stack([x * x - x for x in xs], axis=1)


def stacked_last_vmap(xs):
    return jax.vmap(lambda x: x * x - x, out_axes=1)(xs)


def indexed_loop(xs):
    return jnp.stack([xs[i] * i + 1 for i in range(xs.shape[0])])


def indexed_vmap(xs):
    return jax.vmap(lambda x, i: x * i.astype(x.dtype) + 1)(xs, jnp.arange(xs.shape[0]))


def steps_loop(xs):
    out = []
    for i in range(len(xs) - 1):
        out.append(3 * xs[i + 1] - xs[i])
    return jnp.stack(out)


def steps_vmap(xs):
    return jax.vmap(lambda a, b: 3 * b - a)(xs[:-1], xs[1:])


def strided_loop(xs):
    return jnp.stack([xs[i].sum() for i in range(1, len(xs), 2)])


def strided_vmap(xs):
    return jax.vmap(lambda x: x.sum())(xs[1::2])


def energy_loop(w, xs):
    total = w[0]
    for x in xs:
        total = total + (x * w).sum()
    return total


def energy_vmap(w, xs):
    return w[0] + jnp.sum(jax.vmap(lambda x: (x * w).sum())(xs), axis=0)


def product_loop(xs):
    product = jnp.ones((), xs.dtype)
    for x in xs:
        product = product * (1 + x * x)
    return product


def product_vmap(xs):
    return jnp.prod(jax.vmap(lambda x: 1 + x * x)(xs), axis=0)


def largest_loop(xs):
    best = xs[0].sum()
    for x in xs:
        best = jnp.maximum(best, x.sum())
    return best


def largest_vmap(xs):
    return jnp.max(jax.vmap(lambda x: x.sum())(xs))


def mean_loop(xs):
    total = 0.0
    for x in xs:
        total = total + x * x
    return total / len(xs)


def mean_vmap(xs):
    return jnp.mean(jax.vmap(lambda x: x * x)(xs), axis=0)


def pairs_loop(xs, ys):
    return jnp.stack([jnp.stack([x - 2 * y for y in ys]) for x in xs])


def pairs_vmap(xs, ys):
    return jax.vmap(lambda x: jax.vmap(lambda y: x - 2 * y)(ys))(xs)


def matching_loop(xs, ys):
    """A square: both batches have three lanes of three numbers."""
    return jnp.stack([jnp.stack([x - 2 * y for y in ys]) for x in xs])


def matching_vmap(xs, ys):
    return jax.vmap(jax.vmap(lambda x, y: x - 2 * y, in_axes=(None, 0)), in_axes=(0, None))(xs, ys)


def named_loop(xs):
    out = {"mean": [], "scaled": []}
    for x in xs:
        out["mean"].append(x.mean())
        out["scaled"].append(x * 3)
    return {name: jnp.stack(rows) for name, rows in out.items()}


def named_vmap(xs):
    return jax.vmap(lambda x: {"mean": x.mean(), "scaled": x * 3})(xs)


def both_loop(xs):
    tops, rest = [], []
    for x in xs:
        tops.append(x[0] - x[1])
        rest.append(x[1:] * 2)
    return jnp.stack(tops), jnp.stack(rest)


def both_vmap(xs):
    return jax.vmap(lambda x: (x[0] - x[1], x[1:] * 2))(xs)


def members_loop(params, x):
    return jnp.stack([params["w"][i] @ x + params["b"][i] for i in range(params["w"].shape[0])])


def members_vmap(params, x):
    return jax.vmap(lambda p, x: p["w"] @ x + p["b"], in_axes=({"b": 0, "w": 0}, None))(params, x)


def filled_loop(xs):
    out = jnp.zeros((xs.shape[0] + 1, xs.shape[1]), xs.dtype)
    for i in range(xs.shape[0]):
        out = out.at[i + 1].set(xs[i] * 2 + 1)
    return out


def filled_vmap(xs):
    return jnp.zeros((xs.shape[0] + 1, xs.shape[1]), xs.dtype).at[1:].set(jax.vmap(lambda x: x * 2 + 1)(xs))


def gradients_loop(w, xs):
    return jnp.stack([jax.grad(lambda w, x: jnp.tanh(w * x).sum())(w, x) for x in xs])


def gradients_vmap(w, xs):
    return jax.vmap(jax.grad(lambda w, x: jnp.tanh(w * x).sum()), in_axes=(None, 0))(w, xs)


def clipped_loop(xs, low):
    return jnp.stack([jnp.where(x > low, x, low) for x in xs])


def clipped_vmap(xs, low):
    return jax.vmap(lambda x: jnp.where(x > low, x, low))(xs)


def decayed_loop(starts, forces):
    def simulate(x):
        return jax.lax.scan(lambda x, f: (x * 0.5 + f, x), x, forces)[1]

    return jnp.stack([simulate(x) for x in starts])


def decayed_vmap(starts, forces):
    def simulate(x):
        return jax.lax.scan(lambda x, f: (x * 0.5 + f, x), x, forces)[1]

    return jax.vmap(simulate)(starts)


def hosted_loop(xs):
    return np.stack([np.asarray(jnp.sin(x)) for x in xs])


def hosted_vmap(xs):
    return np.array(jax.vmap(jnp.sin)(xs))


def numbers_loop(xs):
    return [float(x.sum()) for x in xs]


def numbers_vmap(xs):
    return jax.vmap(lambda x: x.sum())(xs).tolist()


def host_rows_loop(xs):
    return jnp.stack([jnp.exp(x) * 2 for x in xs])


def host_rows_vmap(xs):
    return jax.vmap(lambda x: jnp.exp(x) * 2)(xs)


def written_loop(out, xs):
    for i in range(len(xs)):
        out[i] = jnp.cos(xs[i])
    return out


def written_vmap(out, xs):
    out[:] = jax.vmap(jnp.cos)(xs)
    return out


def noted_loop(log, xs):
    out = []
    for x in xs:
        out.append(x + 1)
    log["rows"] = log["rows"] + len(xs)
    return jnp.stack(out)


def noted_vmap(log, xs):
    log["rows"] = log["rows"] + len(xs)
    return jax.vmap(lambda x: x + 1)(xs)


def printed_loop(xs):
    out = [jnp.flip(x) for x in xs]
    print("rows:", len(out))
    return jnp.stack(out)


def printed_vmap(xs):
    out = jax.vmap(jnp.flip)(xs)
    print("rows:", len(out))
    return out


def checked_loop(xs):
    out = []
    for x in xs:
        if not bool(jnp.all(x > 0)):
            raise ValueError("negative")
        out.append(jnp.log(x))
    return jnp.stack(out)


def checked_vmap(xs):
    if not bool(jnp.all(xs > 0)):
        raise ValueError("negative")
    return jax.vmap(jnp.log)(xs)


def weak_loop(xs):
    return jnp.stack([jnp.sin(2.0) * len(x) + i for i, x in enumerate(xs)])


def weak_vmap(xs):
    one = jnp.sin(2.0) * xs.shape[1]
    return jnp.stack([one + i for i in range(xs.shape[0])])


def widened_loop(w, xs):
    return jnp.stack([jnp.dot(x, w, preferred_element_type=jnp.float32).astype(x.dtype) for x in xs])


def widened_vmap(w, xs):
    return jax.vmap(lambda x: jnp.dot(x, w, preferred_element_type=jnp.float32).astype(x.dtype))(xs)


def softmax_loop(q, ks):
    return jnp.stack([jax.nn.softmax(k @ q) @ k for k in ks])


def softmax_vmap(q, ks):
    return jax.vmap(lambda q, k: jax.nn.softmax(k @ q) @ k, in_axes=(None, 0))(q, ks)


def solved_loop(ms, bs):
    return jnp.stack(
        [jnp.linalg.solve(m @ m.T + 3 * jnp.eye(4, dtype=m.dtype), b) for m, b in zip(ms, bs, strict=True)]
    )


def solved_vmap(ms, bs):
    return jax.vmap(lambda m, b: jnp.linalg.solve(m @ m.T + 3 * jnp.eye(4, dtype=m.dtype), b))(ms, bs)


def spectra_loop(xs):
    return jnp.stack([jnp.fft.fft(x) for x in xs])


def spectra_vmap(xs):
    return jax.vmap(jnp.fft.fft)(xs)


def rotated_loop(zs, turn):
    return jnp.stack([z * jnp.conj(turn) + 1j for z in zs])


def rotated_vmap(zs, turn):
    return jax.vmap(lambda z, turn: z * jnp.conj(turn) + 1j, in_axes=(0, None))(zs, turn)


def winners_loop(xs):
    return jnp.stack([jnp.argmax(x) for x in xs])


def winners_vmap(xs):
    return jax.vmap(jnp.argmax)(xs)


def looked_up_loop(table, rows):
    return jnp.stack([table[r] + 1 for r in rows])


def looked_up_vmap(table, rows):
    return jax.vmap(lambda table, r: table[r] + 1, in_axes=(None, 0))(table, rows)


def labelled_loop(labels):
    return jnp.stack([labels == k for k in range(6)])


def labelled_vmap(labels):
    return jax.vmap(lambda k: labels == k)(jnp.arange(6))


def running_loop(xs):
    return jnp.stack([jnp.cumsum(x) for x in xs])


def running_vmap(xs):
    return jax.vmap(jnp.cumsum)(xs)


def counted_loop(xs):
    total = jnp.zeros((), xs.dtype)
    for x in xs:
        total = total + x.sum(dtype=xs.dtype)
    return total


def counted_vmap(xs):
    return jnp.sum(jax.vmap(lambda x: x.sum(dtype=x.dtype))(xs), dtype=xs.dtype)


def draws_loop(keys):
    return jnp.stack([jax.random.normal(key, (3,)) for key in keys])


def draws_vmap(keys):
    return jax.vmap(lambda key: jax.random.normal(key, (3,)))(keys)


def split_loop(key, xs):
    ks = jax.random.split(key, len(xs))
    return jnp.stack([x + jax.random.uniform(k, x.shape) for k, x in zip(ks, xs, strict=True)])


def split_vmap(key, xs):
    return jax.vmap(lambda k, x: x + jax.random.uniform(k, x.shape))(jax.random.split(key, len(xs)), xs)


def folded_loop(key, xs):
    return jnp.stack([x + jax.random.normal(jax.random.fold_in(key, i), x.shape) for i, x in enumerate(xs)])


def folded_vmap(key, xs):
    def noisy(i, x):
        return x + jax.random.normal(jax.random.fold_in(key, i), x.shape)

    return jax.vmap(noisy)(jnp.arange(xs.shape[0]), xs)


def children_loop(keys):
    return jnp.stack([jax.random.split(key)[1] for key in keys])


def children_vmap(keys):
    return jax.vmap(lambda key: jax.random.split(key)[1])(keys)


def legacy_loop(key, n):
    return jnp.stack([jax.random.randint(jax.random.fold_in(key, i), (2,), 0, 100) for i in range(n)])


def legacy_vmap(key, n):
    return jax.vmap(lambda i: jax.random.randint(jax.random.fold_in(key, i), (2,), 0, 100))(jnp.arange(n))


def scaled_loop(xs, scales):
    """Lanes of very different size."""
    return jnp.stack([x * s for x, s in zip(xs, scales, strict=True)])


def scaled_vmap(xs, scales):
    return jax.vmap(lambda x, s: x * s)(xs, scales)


def mixed_loop(xs):
    """Lanes with parts of very different size."""
    return jnp.stack([jnp.stack([x.sum() * 1e6, x[0] * 1e-2, x[1] * 1e-4]) for x in xs])


def mixed_vmap(xs):
    return jax.vmap(lambda x: jnp.stack([x.sum() * 1e6, x[0] * 1e-2, x[1] * 1e-4]))(xs)


def summary_loop(xs):
    """Rows of very different size in a result that has no batch axis of the inputs' extent."""
    return {"rows": jnp.stack([x * 10.0 ** (-3 * i) for i, x in enumerate(xs)] * 2), "total": xs.sum()}


def summary_vmap(xs):
    rows = jax.vmap(lambda x, s: x * s)(xs, jnp.asarray([10.0 ** (-3 * i) for i in range(len(xs))], xs.dtype))
    return {"rows": jnp.concatenate([rows, rows]), "total": xs.sum()}


SUBJECTS: dict[str, tuple[tuple[str, ...], Callable[[str], tuple[Any, ...]]]] = {
    "affine": (FLOATS, lambda d: (normal(d, 3, 2), normal(d, 2, seed=1), normal(d, 5, 3, seed=2))),
    "square": (ANY, lambda d: (normal(d, 4, 4), normal(d, 4, 4, seed=1))),
    "dots": (FLOATS, lambda d: (normal(d, 5, 3), normal(d, 5, 3, seed=1))),
    "columns": (ANY, lambda d: (normal(d, 3, 5),)),
    "stacked_last": (ANY, lambda d: (normal(d, 5, 5),)),
    "indexed": (("float32", "float64", "int32", "bfloat16"), lambda d: (normal(d, 5, 2),)),
    "steps": (ANY, lambda d: (normal(d, 6, 2),)),
    "strided": (ANY, lambda d: (normal(d, 7, 2),)),
    "energy": (("float32", "float64", "complex64", "int32"), lambda d: (normal(d, 3), normal(d, 5, 3, seed=1))),
    "product": (("float32", "float64", "complex64", "int32"), lambda d: (normal(d, 5),)),
    "largest": ((*REAL, "int32"), lambda d: (normal(d, 5, 3),)),
    "mean": (("float32", "float64", "complex64"), lambda d: (normal(d, 5, 3),)),
    "pairs": (ANY, lambda d: (normal(d, 4), normal(d, 3, seed=1))),
    "matching": (ANY, lambda d: (normal(d, 3, 3), normal(d, 3, 3, seed=1))),
    "named": (("float32", "bfloat16", "complex64"), lambda d: (normal(d, 5, 3),)),
    "both": (ANY, lambda d: (normal(d, 5, 3),)),
    "members": (FLOATS, lambda d: ({"w": normal(d, 4, 2, 3), "b": normal(d, 4, 2, seed=1)}, normal(d, 3, seed=2))),
    "filled": (ANY, lambda d: (normal(d, 4, 3),)),
    "gradients": (REAL, lambda d: (normal(d, 3), normal(d, 5, 3, seed=1))),
    "clipped": (("float32", "float16", "int32"), lambda d: (normal(d, 5, 3), normal(d, 3, seed=1))),
    "decayed": (REAL, lambda d: (normal(d, 4), normal(d, 3, seed=1))),
    "hosted": (REAL, lambda d: (normal(d, 5, 3),)),
    "numbers": (("float32", "float16"), lambda d: (normal(d, 5, 3),)),
    "host_rows": (SINGLE, lambda d: (np.array(normal(d, 5, 3)),)),
    "written": (SINGLE, lambda d: (np.zeros((5, 3), np.float32), np.array(normal(d, 5, 3)))),
    "noted": (("float32", "int32"), lambda d: ({"rows": 2}, normal(d, 5, 3))),
    "printed": (("float32", "int32"), lambda d: (normal(d, 5, 3),)),
    "checked": (("float32", "float16"), lambda d: (normal(d, 5, 3),)),
    "weak": (SINGLE, lambda d: (normal(d, 5, 3),)),
    "widened": (("bfloat16", "float16"), lambda d: (normal(d, 3), normal(d, 5, 3, seed=1))),
    "softmax": (REAL, lambda d: (normal(d, 3), normal(d, 4, 5, 3, seed=1))),
    "solved": (LINALG, lambda d: (normal(d, 3, 4, 4), normal(d, 3, 4, seed=1))),
    "spectra": (("float32", "complex64", "complex128"), lambda d: (normal(d, 3, 8),)),
    "rotated": (("complex64", "complex128"), lambda d: (normal(d, 5, 3), normal(d, 3, seed=1))),
    "winners": ((*REAL, "int32"), lambda d: (normal(d, 7, 5),)),
    "looked_up": (INTEGERS, lambda d: (normal(d, 10, 2), jnp.array([7, 1, 4, 9, 1]))),
    "labelled": (("int32", "uint8"), lambda d: (normal(d, 9),)),
    "running": (INTEGERS, lambda d: (normal(d, 5, 3),)),
    "counted": (INTEGERS, lambda d: (normal(d, 5, 3),)),
    "draws": (("key",), lambda _: (keys(5),)),
    "split": (("key",), lambda _: (jax.random.key(3), normal("float32", 5, 3))),
    "folded": (("key",), lambda _: (jax.random.key(3), normal("float32", 5, 3))),
    "children": (("key",), lambda _: (keys(5),)),
    "legacy": (("key",), lambda _: (jax.random.PRNGKey(3), 5)),
    "scaled": (("float32", "bfloat16", "float64"), lambda d: (normal(d, 5, 3), jnp.asarray([1e6, 1, 1e-2, 1e-3, 1e3], d))),
    "mixed": (("float32", "float64", "complex64"), lambda d: (normal(d, 5, 3),)),
    "summary": (("float32", "float64"), lambda d: (normal(d, 4, 3),)),
}  # fmt: skip
