"""What the prover proves of arrays: buffers, indices, casts, keys and lists; every proven pair is run as well."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_prove_transforms import doubt_of

HEAD = "import jax\nimport jax.numpy as jnp\n\n\ndef f(xs: jax.Array, ys: jax.Array, key: jax.Array):\n"
ZEROS = "    n = xs.shape[0]\n    out = jnp.zeros(n)\n"
MATRIX = "    out = jnp.zeros((xs.shape[0], 4))\n    n = xs.shape[0]\n"

# the lines before the loop, the loop, and what it becomes; all of them give `out`
PROVEN: dict[str, tuple[str, str, str]] = {
    "whole buffer": (
        ZEROS,
        "    for i in range(n):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(jnp.argmax)(xs).astype(float)",
    ),
    "stored where the loop begins later": (
        ZEROS,
        "    for i in range(1, n):\n        out = out.at[i].set(jnp.argmax(xs[i - 1]))",
        "    out = out.at[1:].set(jax.vmap(jnp.argmax)(xs[:-1]))",
    ),
    "every other row": (
        ZEROS,
        "    for i in range(1, n, 2):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = out.at[1::2].set(jax.vmap(jnp.argmax)(xs[1::2]))",
    ),
    "a part of every row": (
        MATRIX,
        "    for i in range(n):\n        out = out.at[i, 1].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(lambda row, x: row.at[1].set(jnp.argmax(x)))(out, xs)",
    ),
    "two parts of every row": (
        MATRIX,
        (
            "    for i in range(n):\n"
            "        out = out.at[i, 1].set(jnp.argmax(xs[i]))\n        out = out.at[i, 0].add(out[i, 1] + out[i, 2])"
        ),
        (
            "    def g(row, x):\n        row = row.at[1].set(jnp.argmax(x))\n        return row.at[0].add(row[1] + row[2])\n"
            "    out = jax.vmap(g)(out, xs)"
        ),
    ),
    "columns": (
        "    out = jnp.zeros((4, xs.shape[0]))\n",
        "    for i in range(xs.shape[0]):\n        out = out.at[:, i].add(jnp.arange(4) * i)",
        "    out = out.at[:, :].add(jax.vmap(lambda i: jnp.arange(4) * i, out_axes=1)(jnp.arange(xs.shape[0])))",
    ),
    "two loops": (
        "    n = xs.shape[0]\n    out = jnp.zeros((n, n))\n",
        "    for i in range(n):\n        for j in range(n):\n            out = out.at[i, j].set(jnp.argmax(xs[i] + xs[j]))",
        "    out = jax.vmap(lambda x: jax.vmap(lambda y: jnp.argmax(x + y).astype(float))(xs))(xs)",
    ),
    "own rows": (
        "    out = jnp.ones((xs.shape[0], 3))\n",
        "    for i in range(xs.shape[0]):\n        out = out.at[i].set(jnp.sin(out[i]))",
        "    out = jax.vmap(jnp.sin)(out)",
    ),
    "backwards": (
        "",
        "    out = jnp.stack([jnp.sin(x) for x in reversed(xs)])",
        "    out = jax.vmap(jnp.sin)(xs[::-1])",
    ),
    "neighbours": (
        "",
        "    out = jnp.stack([xs[i] * xs[i + 1] for i in range(xs.shape[0] - 1)])",
        "    out = jax.vmap(lambda a, b: a * b)(xs[:-1], xs[1:])",
    ),
    "a ring": (
        "    n = xs.shape[0]\n",
        "    out = jnp.stack([xs[i] * xs[(i + 1) % n] for i in range(n)])",
        "    out = jax.vmap(lambda x, i: x * xs[(i + 1) % n])(xs, jnp.arange(n))",
    ),
    "keys": (
        "",
        "    out = jnp.stack([jax.random.normal(k, (2,)) for k in jax.random.split(key, 3)])",
        "    out = jax.vmap(lambda k: jax.random.normal(k, (2,)))(jax.random.split(key, 3))",
    ),
    "keys folded": (
        "    n = xs.shape[0]\n",
        "    out = jnp.stack([jax.random.uniform(jax.random.fold_in(key, i)) for i in range(n)])",
        "    out = jax.vmap(lambda i: jax.random.uniform(jax.random.fold_in(key, i)))(jnp.arange(n))",
    ),
    "seeds": (
        "",
        "    out = jnp.stack([jax.random.normal(jax.random.key(i), (2,)) for i in range(20)])",
        "    out = jax.vmap(lambda i: jax.random.normal(jax.random.key(i), (2,)))(jnp.arange(20))",
    ),
    "keys unpacked": (
        "",
        (
            "    out = []\n    for k in jax.random.split(key, 3):\n        a, b = jax.random.split(k)\n"
            "        out.append(jax.random.normal(a) + jax.random.uniform(b))\n    out = jnp.stack(out)"
        ),
        (
            "    def g(k):\n        a, b = jax.random.split(k)\n        return jax.random.normal(a) + jax.random.uniform(b)\n"
            "    out = jax.vmap(g)(jax.random.split(key, 3))"
        ),
    ),
    "joined": (
        "",
        "    out = jnp.concatenate([jnp.stack([x, -x]) for x in xs], axis=0)",
        "    out = jnp.concatenate(jax.vmap(lambda x: jnp.stack([x, -x]))(xs))",
    ),
    "lists of lists": (
        "",
        "    out = jnp.array([[jnp.argmax(x + y) for y in ys] for x in xs])",
        "    out = jax.vmap(lambda x: jax.vmap(lambda y: jnp.argmax(x + y))(ys))(xs)",
    ),
    "reshaped": (
        "",
        "    out = jnp.stack([x.reshape(3, 1).T for x in xs])",
        "    out = jax.vmap(lambda x: x.reshape((3, 1)).T)(xs)",
    ),
    "cast": (
        "",
        "    out = jnp.stack([jnp.float32(jnp.sum(x)) for x in xs])",
        "    out = jax.vmap(lambda x: jnp.sum(x).astype(jnp.float32))(xs)",
    ),
    "shifts": (
        "",
        "    out = jnp.stack([jnp.roll(x, i) for i, x in enumerate(xs)])",
        "    out = jax.vmap(lambda i, x: jnp.roll(x, i))(jnp.arange(len(xs)), xs)",
    ),
    "updates of a row": (
        "",
        "    out = jnp.stack([jnp.zeros(4).at[0].set(x[1]).at[1:3].add(x[1:]) for x in xs])",
        "    out = jax.vmap(lambda x: jnp.zeros(4).at[0].set(x[1]).at[1:3].add(x[1:]))(xs)",
    ),
}

# what looks alike and is not, or is not known to be
NOT_PROVEN: dict[str, tuple[str, str, str]] = {
    "another dtype": (
        ZEROS,
        "    for i in range(n):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(jnp.argmax)(xs)",
    ),
    "a row is spread": (
        MATRIX,
        "    for i in range(n):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(jnp.argmax)(xs).astype(float)",
    ),
    "spread along the rows": (
        "    n = xs.shape[0]\n    out = jnp.zeros((n, n))\n",
        "    for i in range(n):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = out.at[:].set(jax.vmap(jnp.argmax)(xs))",
    ),
    "added along the rows": (
        "    n = xs.shape[0]\n    out = jnp.zeros((n, n))\n",
        "    for i in range(n):\n        out = out.at[i].add(jnp.argmax(xs[i]))",
        "    out = out.at[:].add(jax.vmap(jnp.argmax)(xs))",
    ),
    "not all rows": (
        ZEROS,
        "    for i in range(1, n):\n        out = out.at[i].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(jnp.argmax)(xs).astype(float)",
    ),
    "the row before is read": (
        "    out = jnp.ones((xs.shape[0], 3))\n",
        "    for i in range(1, xs.shape[0]):\n        out = out.at[i].set(out[i - 1] * 2)",
        "    out = out.at[1:].set(jax.vmap(lambda row: row * 2)(out[:-1]))",
    ),
    "the whole buffer is read": (
        ZEROS,
        "    for i in range(n):\n        out = out.at[i].set(jnp.sum(out) + 1)",
        "    out = jax.vmap(lambda i: jnp.sum(out) + 1)(jnp.arange(n))",
    ),
    "one row for all": (
        ZEROS,
        "    for i in range(n):\n        out = out.at[0].set(jnp.argmax(xs[i]))",
        "    out = jax.vmap(jnp.argmax)(xs).astype(float)",
    ),
    "the weak type of a list is lost": (
        "",
        "    out = jnp.array([x * 2.0 for x in xs])",
        "    out = jax.vmap(lambda x: x * 2.0)(xs)",
    ),
    "a negative seed": (
        "",
        "    out = jnp.stack([jax.random.normal(jax.random.key(i - 5), (2,)) for i in range(20)])",
        "    out = jax.vmap(lambda i: jax.random.normal(jax.random.key(i - 5), (2,)))(jnp.arange(20))",
    ),
    "a long seed": (
        "    n = xs.shape[0]\n",
        "    out = jnp.stack([jax.random.normal(jax.random.key(i * 1000003), (2,)) for i in range(n)])",
        "    out = jax.vmap(lambda i: jax.random.normal(jax.random.key(i * 1000003), (2,)))(jnp.arange(n))",
    ),
    "an integer that is too long": (
        "",
        "    out = jnp.stack([jnp.int8(i + 126) for i in range(4)])",
        "    out = jax.vmap(lambda i: jnp.int8(i + 126))(jnp.arange(4))",
    ),
    "a negative number without a sign": (
        "    n = xs.shape[0]\n",
        "    out = jnp.stack([jnp.uint32(i - 2) for i in range(n)])",
        "    out = jax.vmap(lambda i: jnp.uint32(i - 2))(jnp.arange(n))",
    ),
    "an integer that is too long for a buffer": (
        "    out = jnp.zeros(200, dtype=jnp.int8)\n",
        "    for i in range(200):\n        out = out.at[i].set(i)",
        "    out = jax.vmap(lambda i: i)(jnp.arange(200)).astype(jnp.int8)",
    ),
    "an axis more or none": (
        "",
        "    out = jnp.stack([jnp.sort(x, axis=None) for x in xs])",
        "    out = jax.vmap(jnp.sort)(xs)",
    ),
    "other rows": (
        "",
        "    out = jnp.stack([xs[i] * xs[i + 1] for i in range(xs.shape[0] - 1)])",
        "    out = jax.vmap(lambda a, b: a * b)(xs[:-1], xs[:-1])",
    ),
    "another order": (
        "",
        "    out = jnp.stack([jnp.sin(x) for x in reversed(xs)])",
        "    out = jax.vmap(jnp.sin)(xs)",
    ),
}


def _versions(case: tuple[str, str, str]) -> tuple[str, str]:
    before, old, new = case
    return (f"{HEAD}{before}{old}\n    return out\n", f"{HEAD}{before}{new}\n    return out\n")


@pytest.mark.parametrize("name", PROVEN)
def test_arrays_that_are_proven(name: str) -> None:
    before, after = _versions(PROVEN[name])
    assert doubt_of(before, after) is None
    one, other = _run(before), _run(after)
    assert (one.dtype, one.weak_type, one.shape) == (other.dtype, other.weak_type, other.shape)
    assert np.allclose(one, other, rtol=1e-5)


def _run(program: str) -> jax.Array:
    names: dict[str, object] = {}
    exec(program, names)
    xs = jnp.arange(15.0).reshape(5, 3) / 7
    return names["f"](xs, xs[:4] * 3, jax.random.key(3))  # type: ignore[operator]


@pytest.mark.parametrize("name", NOT_PROVEN)
def test_arrays_that_are_not(name: str) -> None:
    before, after = _versions(NOT_PROVEN[name])
    assert doubt_of(before, after) is not None
