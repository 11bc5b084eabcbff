"""The prover on the host: builtins, containers, iterators, NumPy. Pairs of a loop and a rewrite, right and wrong ones."""

from __future__ import annotations

import pytest

from vmapify.prove import prove
from vmapify.syntax import parse

HEAD = """\
import collections
import copy
import functools
import itertools
import math
import operator
import jax
import jax.numpy as jnp
import numpy as np


def f(x):
    return jnp.sin(x) * 2.0


def total(x: jax.Array):
    return jnp.sum(jnp.cos(x))


"""


class NoSources:
    """Nothing is imported from elsewhere."""

    def imported(self, module: object, name: str, level: int) -> None:
        """None."""


def _doubt(before: str, after: str) -> str:
    one, other = HEAD + before, HEAD + after
    proof = prove(parse("case.py", one.encode()), other.encode(), NoSources())
    return "" if proof.doubt is None else proof.doubt.code


def _pair(text: str) -> tuple[str, str]:
    """``before`` and ``after``, with the same ``def`` line above both."""
    head, before, after = text.strip().split("\n--\n")
    indented = ["".join(f"    {line}\n" for line in part.splitlines()) for part in (before, after)]
    return f"{head}\n{indented[0]}", f"{head}\n{indented[1]}"


PROVEN = {}
PROVEN["enumerated rows"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) for i, x in enumerate(xs)])
--
return jax.vmap(f)(xs)
"""
PROVEN["zipped with a range of the same length"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) for i, x in zip(range(xs.shape[0]), xs)])
--
return jax.vmap(f)(xs)
"""
PROVEN["zipped with an endless iterator"] = """
def g(xs: jax.Array, w: jax.Array):
--
return jnp.stack([f(x) * v for x, v in zip(xs, itertools.repeat(w))])
--
return jax.vmap(lambda x: f(x) * w)(xs)
"""
PROVEN["map of a function, as a list"] = """
def g(xs: jax.Array):
--
return jnp.stack(list(map(f, xs)))
--
return jax.vmap(f)(xs)
"""
PROVEN["a loop over a map"] = """
def g(xs: jax.Array):
--
out = []
for y in map(f, xs):
    out.append(y + 1.0)
return jnp.stack(out)
--
return jax.vmap(lambda x: f(x) + 1.0)(xs)
"""
PROVEN["starmap"] = """
def g(xs: jax.Array, ys: jax.Array):
--
n = xs.shape[0]
return jnp.stack(list(itertools.starmap(lambda x, i: f(x), zip(xs, range(n)))))
--
n = xs.shape[0]
return jax.vmap(f)(xs)
"""
PROVEN["items of a dict"] = """
def g(xs: jax.Array):
--
log = {"a": []}
for x in xs:
    log["a"].append(f(x))
for k, v in log.items():
    out = jnp.stack(v)
return out
--
return jax.vmap(f)(xs)
"""
PROVEN["a list that is extended"] = """
def g(xs: jax.Array):
--
out = []
for x in xs:
    out.extend([f(x)])
return jnp.stack(out)
--
return jax.vmap(f)(xs)
"""
PROVEN["setdefault and get"] = """
def g(xs: jax.Array):
--
log = dict(a=[])
for x in xs:
    log.get("a").append(f(x))
return jnp.stack(log.setdefault("a", []))
--
return jax.vmap(f)(xs)
"""
PROVEN["settings of a dict"] = """
def g(xs: jax.Array):
--
settings = {"k": 2}
settings.update(k=3, j=1)
out = []
for x in xs:
    out.append(f(x) * settings.get("k") + settings.pop("none", 0) if "x" is None else f(x))
return jnp.stack(out)
--
return jax.vmap(f)(xs)
"""
PROVEN["constants that are folded"] = """
def g(xs: jax.Array):
--
return jnp.stack([x * max(2, 3) + min([4, 1]) - round(2.5) + abs(-1) + sum((1, 2)) for x in xs])
--
return jax.vmap(lambda x: x * 3 + 1 - 2 + 1 + 3)(xs)
"""
PROVEN["sorted by a callback"] = """
def g(xs: jax.Array):
--
order = sorted(["b", "aa"], key=len)
return jnp.stack([f(x) * len(order[0]) for x in xs])
--
order = sorted(["b", "aa"], key=len)
return jax.vmap(lambda x: f(x) * 1)(xs)
"""
PROVEN["isinstance of an array"] = """
def h(x, k=1):
    if isinstance(x, (int, float)) or isinstance(k, str):
        return x
    return f(x) if isinstance(x, jax.Array) else x


def g(xs: jax.Array):
--
return jnp.stack([h(x) for x in xs])
--
return jax.vmap(h)(xs)
"""
PROVEN["hasattr that every array has"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) if hasattr(x, "shape") else x for x in xs])
--
return jax.vmap(f)(xs)
"""
PROVEN["the smaller one of two bounds"] = """
def g(xs: jax.Array, n: int):
--
m = min(n, xs.shape[0])
return jnp.stack([f(xs[0]) for i in range(m)])
--
m = min(n, xs.shape[0])
return jax.vmap(lambda i: f(xs[0]))(jnp.arange(m))
"""

PROVEN["floats of rows, as a NumPy array"] = """
def g():
--
xs = jnp.ones((4, 3), jnp.float32)
return np.array([float(total(x)) for x in xs])
--
xs = jnp.ones((4, 3), jnp.float32)
return np.array(jax.vmap(total)(xs), dtype=float)
"""
PROVEN["rows as a NumPy array"] = """
def g():
--
xs = jnp.ones((4, 3), jnp.float32)
return np.asarray([f(x) for x in xs])
--
xs = jnp.ones((4, 3), jnp.float32)
return np.array(jax.vmap(f)(xs))
"""
PROVEN["NumPy arrays of rows, stacked"] = """
def g(xs: jax.Array):
--
out = []
for x in xs:
    out.append(np.asarray(f(x)))
return np.stack(out)
--
return np.array(jax.vmap(f)(xs))
"""
PROVEN["rows stacked by NumPy along another axis"] = """
def g(xs: jax.Array):
--
return np.stack([jnp.ones(3) * jnp.sum(x) for x in xs], axis=1)
--
return np.array(jax.vmap(lambda x: jnp.ones(3) * jnp.sum(x), out_axes=1)(xs))
"""
PROVEN["a buffer of floats"] = """
def g():
--
xs = jnp.ones((4, 3), jnp.float32)
out = np.zeros(xs.shape[0])
for i in range(xs.shape[0]):
    out[i] = total(xs[i])
return out
--
xs = jnp.ones((4, 3), jnp.float32)
return np.array(jax.vmap(total)(xs), dtype=float)
"""
PROVEN["a buffer of rows of the same dtype"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.empty((n, 3), dtype=np.float32)
for i, x in enumerate(xs):
    out[i] = jnp.sin(x)
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sin)(xs), dtype=np.float32)
"""
PROVEN["a buffer that is filled in place"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((n, 3))
for i in range(n):
    out[i, :] = jnp.sin(xs[i])
return out
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((n, 3))
out[:] = jax.vmap(jnp.sin)(xs)
return out
"""
PROVEN["columns of a buffer"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((3, n), np.float32)
for i in range(n):
    out[:, i] = jnp.sin(xs[i])
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sin, out_axes=1)(xs), dtype=np.float32)
"""
PROVEN["a part of a buffer"] = """
def g():
--
xs = jnp.ones((4, 3), jnp.float32)
out = np.zeros(xs.shape[0] + 1)
for i in range(xs.shape[0]):
    out[i + 1] = total(xs[i])
return out
--
xs = jnp.ones((4, 3), jnp.float32)
out = np.zeros(xs.shape[0] + 1)
out[1:] = jax.vmap(total)(xs)
return out
"""
PROVEN["a buffer of floats that were Python numbers"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros(n, np.float32)
for i in range(n):
    out[i] = float(jnp.sum(xs[i]))
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sum)(xs), dtype=np.float32)
"""
PROVEN["a buffer that goes to JAX"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((n, 3), np.float32)
for i in range(n):
    out[i] = jnp.sin(xs[i])
return jnp.asarray(out)
--
xs = jnp.ones((n, 3), jnp.float32)
return jax.vmap(jnp.sin)(xs)
"""
PROVEN["nested loops over a buffer"] = """
def g():
--
xs = jnp.ones((4, 3), jnp.float32)
ys = jnp.ones((4, 3), jnp.float32)
n, m = xs.shape[0], ys.shape[0]
out = np.zeros((n, m))
for i in range(n):
    for j in range(m):
        out[i, j] = jnp.sum(xs[i] * ys[j])
return out
--
xs = jnp.ones((4, 3), jnp.float32)
ys = jnp.ones((4, 3), jnp.float32)
n, m = xs.shape[0], ys.shape[0]
return np.array(jax.vmap(lambda x: jax.vmap(lambda y: jnp.sum(x * y))(ys))(xs), dtype=float)
"""
PROVEN["rows of a NumPy array"] = """
def g(n: int):
--
xs = np.ones((n, 3), np.float32)
return jnp.stack([f(x) for x in xs])
--
xs = np.ones((n, 3), np.float32)
return jax.vmap(f)(xs)
"""
PROVEN["scalars of a NumPy array that JAX computes with"] = """
def g():
--
return jnp.stack([jnp.sin(t) * 2.0 for t in np.linspace(0.0, 1.0, 7)])
--
return jax.vmap(lambda t: jnp.sin(t) * 2.0)(np.linspace(0.0, 1.0, 7))
"""
PROVEN["a number of NumPy"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) * np.float32(0.5) for x in xs])
--
return jax.vmap(lambda x: f(x) * np.float32(0.5))(xs)
"""
PROVEN["item"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array([jnp.sum(x).item() for x in xs])
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sum)(xs), dtype=float)
"""

WRONG = {}
WRONG["a longer list ends a zip later"] = """
def g(xs: jax.Array, ys: jax.Array):
--
return jnp.stack([f(x) for x, y in zip(xs, ys)])
--
return jax.vmap(f)(xs)
"""
WRONG["insert at the front"] = """
def g(xs: jax.Array):
--
out = []
for x in xs:
    out.insert(0, f(x))
return jnp.stack(out)
--
return jax.vmap(f)(xs)
"""
WRONG["append and pop"] = """
def g(xs: jax.Array):
--
out = []
for x in xs:
    out.append(f(x))
    if len(out) > 3:
        out.pop(0)
return jnp.stack(out)
--
return jax.vmap(f)(xs)
"""
WRONG["reversed order"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) for x in reversed(xs)])
--
return jax.vmap(f)(xs)
"""
WRONG["reversed in place"] = """
def g(xs: jax.Array):
--
out = [f(xs[0]), f(xs[1])]
out.reverse()
for x in xs:
    out.append(f(x))
return out[0], jnp.stack([f(x) for x in xs])
--
return f(xs[0]), jax.vmap(f)(xs)
"""
WRONG["a callback that appends"] = """
def g(xs: jax.Array, log: list):
--
seen = []
out = list(map(lambda x: seen.append(x) or f(x), xs))
return jnp.stack(out), len(seen)
--
seen = []
return jax.vmap(f)(xs), len(seen)
"""
WRONG["a map that is read late"] = """
def g(xs: jax.Array):
--
k = 1.0
later = map(lambda x: x * k, xs)
k = 2.0
return jnp.stack(list(later))
--
k = 2.0
return jax.vmap(lambda x: x * 1.0)(xs)
"""
WRONG["a zip that is read late"] = """
def g(xs: jax.Array):
--
rows = [xs[0], xs[1]]
pairs = zip(rows, rows)
rows[1] = xs[0]
return jnp.stack([f(b) for a, b in pairs]), jnp.stack([f(x) for x in xs])
--
return jnp.stack([f(xs[0]), f(xs[1])]), jax.vmap(f)(xs)
"""
WRONG["an iterator that was used up"] = """
def g(xs: jax.Array):
--
it = iter(xs)
first = list(it)
return jnp.stack([f(x) for x in first]), [f(x) for x in it]
--
return jax.vmap(f)(xs), jax.vmap(f)(xs)
"""
WRONG["a list that changes while it is read"] = """
def g(xs: jax.Array):
--
rows = [xs[0], xs[1]]
out = []
for i, r in enumerate(rows):
    rows[1] = xs[0]
    out.append(f(r))
return jnp.stack(out), jnp.stack([f(x) for x in xs])
--
return jnp.stack([f(xs[0]), f(xs[1])]), jax.vmap(f)(xs)
"""
WRONG["a dict that changes while it is read"] = """
def g(xs: jax.Array):
--
d = {"a": 1.0, "b": 2.0}
out = []
for k, v in d.items():
    d["b"] = 3.0
    out.append(v)
return jnp.stack([f(x) * out[1] for x in xs])
--
return jax.vmap(lambda x: f(x) * 2.0)(xs)
"""
WRONG["an index is no integer under vmap"] = """
def h(i):
    return f(jnp.ones(3)) if isinstance(i, int) else jnp.zeros(3)


def g(n: int):
--
return jnp.stack([h(i) for i in range(n)])
--
return jax.vmap(h)(jnp.arange(n))
"""
WRONG["a tracer is told from an array"] = """
def h(x):
    return f(x) if isinstance(x, jax.core.Tracer) else x


def g(xs: jax.Array):
--
return jnp.stack([h(x) for x in xs])
--
return jax.vmap(h)(xs)
"""
WRONG["getattr with a default"] = """
def h(x):
    return f(x) if getattr(x, "sharding", None) is None else x


def g(xs: jax.Array):
--
return jnp.stack([h(x) for x in xs])
--
return jax.vmap(h)(xs)
"""
WRONG["a float of a row under vmap"] = """
def h(x):
    return f(x) * float(jnp.sum(x))


def g(xs: jax.Array):
--
return jnp.stack([h(x) for x in xs])
--
return jax.vmap(h)(xs)
"""
WRONG["sorted by what rows hold"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(x) for x in sorted(xs, key=lambda x: x[0])])
--
return jax.vmap(f)(xs)
"""
WRONG["print for every row"] = """
def g(xs: jax.Array):
--
out = []
for x in xs:
    print(x)
    out.append(f(x))
return jnp.stack(out)
--
return jax.vmap(f)(xs)
"""
WRONG["filtered rows"] = """
def g(xs: jax.Array):
--
return jnp.stack(list(filter(lambda x: x[0] > 0, xs)))
--
return jax.vmap(lambda x: x)(xs)
"""

WRONG["a read-only array instead of one that can be changed"] = """
def g(xs: jax.Array):
--
return np.asarray([f(x) for x in xs])
--
return np.asarray(jax.vmap(f)(xs))
"""
WRONG["floats are of 64 bits where that is set"] = """
def g(xs: jax.Array, n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
return jnp.array([float(total(x)) for x in xs])
--
xs = jnp.ones((n, 3), jnp.float32)
return jax.vmap(total)(xs)
"""
WRONG["float64 instead of the dtype of the rows"] = """
def g(xs: jax.Array):
--
return np.array([float(total(x)) for x in xs])
--
return np.array(jax.vmap(total)(xs))
"""
WRONG["the dtype of the rows instead of float64"] = """
def g(xs: jax.Array):
--
return np.array([total(x) for x in xs])
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["an array of NumPy for one of JAX"] = """
def g(xs: jax.Array):
--
return np.array([f(x) for x in xs])
--
return jax.vmap(f)(xs)
"""
WRONG["a scalar is broadcast into a row"] = """
def g(xs: jax.Array):
--
out = np.zeros((xs.shape[0], 3))
for i in range(xs.shape[0]):
    out[i] = total(xs[i])
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["one number is broadcast into a row"] = """
def g(n: int):
--
xs = jnp.ones((n, 1), jnp.float32)
out = np.zeros((n, 3))
for i in range(n):
    out[i] = jnp.sin(xs[i])
return out
--
xs = jnp.ones((n, 1), jnp.float32)
return np.array(jax.vmap(jnp.sin)(xs), dtype=float)
"""
WRONG["rows of an unknown width"] = """
def g(xs: jax.Array):
--
out = np.zeros((xs.shape[0], 3))
for i in range(xs.shape[0]):
    out[i] = f(xs[i])
return out
--
return np.array(jax.vmap(f)(xs), dtype=float)
"""
WRONG["integers in a buffer that cannot hold the rows"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros(n, np.uint8)
for i in range(n):
    out[i] = jnp.sum(xs[i])
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sum)(xs), dtype=np.uint8)
"""
WRONG["a buffer of objects"] = """
def g(xs: jax.Array):
--
out = np.empty(xs.shape[0], dtype=object)
for i in range(xs.shape[0]):
    out[i] = total(xs[i])
return out
--
return np.array(jax.vmap(total)(xs), dtype=object)
"""
WRONG["a buffer in another order"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((n, 3), order="F")
for i in range(n):
    out[i] = jnp.sin(xs[i])
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sin)(xs), dtype=float)
"""
WRONG["a part of a buffer taken for all of it"] = """
def g(xs: jax.Array):
--
out = np.zeros(xs.shape[0] + 1)
for i in range(xs.shape[0]):
    out[i] = total(xs[i])
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["rows in reversed order"] = """
def g(xs: jax.Array):
--
n = xs.shape[0]
out = np.zeros(n)
for i in range(n):
    out[n - 1 - i] = total(xs[i])
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["a buffer that is read in the loop"] = """
def g(xs: jax.Array):
--
n = xs.shape[0]
out = np.zeros(n)
for i in range(n):
    out[i] = total(xs[i]) + out[i - 1]
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["a buffer that JAX reads in the loop"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros(n, np.float32)
for i in range(n):
    out[i] = jnp.sum(xs[i]) + jnp.sum(out)
return out
--
xs = jnp.ones((n, 3), jnp.float32)
return np.array(jax.vmap(jnp.sum)(xs), dtype=np.float32)
"""
WRONG["a view of a buffer"] = """
def g(xs: jax.Array):
--
n = xs.shape[0]
out = np.zeros(n)
view = out[:]
for i in range(n):
    out[i] = total(xs[i])
return view
--
n = xs.shape[0]
out = np.zeros(n)
view = out[:]
out = np.array(jax.vmap(total)(xs), dtype=float)
return view
"""
WRONG["an alias of a buffer"] = """
def g(xs: jax.Array):
--
n = xs.shape[0]
out = np.zeros(n)
same = out
for i in range(n):
    out[i] = total(xs[i])
return same
--
n = xs.shape[0]
out = np.zeros(n)
same = out
out = np.array(jax.vmap(total)(xs), dtype=float)
return same
"""
WRONG["an array of JAX that may share the memory of a buffer"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros(n, np.float32)
early = jnp.asarray(out)
for i in range(n):
    out[i] = jnp.sum(xs[i])
return early, out
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros(n, np.float32)
early = jnp.asarray(out)
return early, np.array(jax.vmap(jnp.sum)(xs), dtype=np.float32)
"""
WRONG["vmap hands NumPy arrays through"] = """
def g(n: int):
--
xs = np.ones((n, 3))
return jnp.stack([jnp.asarray(x) for x in xs])
--
xs = np.ones((n, 3))
return jax.vmap(jnp.asarray)(xs)
"""
WRONG["rows of a NumPy array that are computed with on the host"] = """
def g(n: int):
--
xs = np.ones((n, 3))
return jnp.stack([jnp.sin(x * 0.1) for x in xs])
--
xs = np.ones((n, 3))
return jax.vmap(lambda x: jnp.sin(x * 0.1))(xs)
"""
WRONG["functions of NumPy on rows"] = """
def g(xs: jax.Array):
--
return jnp.stack([jnp.sum(np.sin(x)) for x in xs])
--
return jax.vmap(lambda x: jnp.sum(np.sin(x)))(xs)
"""
WRONG["rows of integers are another thing under vmap"] = """
def g(xs: jax.Array):
--
return jnp.stack([f(xs[k]) for k in np.arange(3)])
--
return jax.vmap(lambda k: f(xs[k]))(np.arange(3))
"""
WRONG["float64 rows put together on the host"] = """
def g(n: int):
--
return np.stack([x for x in np.ones((n, 3))])
--
return np.array(jax.vmap(lambda x: x * 1.0)(np.ones((n, 3))))
"""
WRONG["a sum of integers wraps"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.int32)
return sum(int(jnp.sum(x)) for x in xs)
--
xs = jnp.ones((n, 3), jnp.int32)
return int(jnp.sum(jax.vmap(jnp.sum)(xs)))
"""
WRONG["floats in double precision"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
return jnp.array([float(jnp.sum(x)) * 0.1 for x in xs])
--
xs = jnp.ones((n, 3), jnp.float32)
return jax.vmap(lambda x: jnp.sum(x) * 0.1)(xs)
"""
WRONG["floats of half precision become single"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float16)
return jnp.array([float(jnp.sum(x)) for x in xs])
--
xs = jnp.ones((n, 3), jnp.float16)
return jax.vmap(jnp.sum)(xs)
"""
WRONG["a buffer that grows"] = """
def g(xs: jax.Array):
--
out = np.zeros(0)
for x in xs:
    out = np.append(out, total(x))
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""
WRONG["a diagonal that is filled"] = """
def g(n: int):
--
xs = jnp.ones((n, 3), jnp.float32)
out = np.zeros((3, 3))
for i in range(n):
    np.fill_diagonal(out, jnp.sum(xs[i]))
return jnp.stack([jnp.sin(x) for x in xs]), out
--
xs = jnp.ones((n, 3), jnp.float32)
return jax.vmap(jnp.sin)(xs), np.zeros((3, 3))
"""
WRONG["rows that are changed in place"] = """
def h(x):
    x += 1.0
    return f(x)


def g(n: int):
--
xs = np.ones((n, 3), np.float32)
return jnp.stack([h(x) for x in xs])
--
xs = np.ones((n, 3), np.float32)
return jax.vmap(h)(xs)
"""
WRONG["a sorted buffer"] = """
def g(xs: jax.Array):
--
out = np.zeros(xs.shape[0])
for i in range(xs.shape[0]):
    out[i] = total(xs[i])
out.sort()
return out
--
return np.array(jax.vmap(total)(xs), dtype=float)
"""


@pytest.mark.parametrize("name", PROVEN)
def test_right_rewrites_are_proven(name: str) -> None:
    assert _doubt(*_pair(PROVEN[name])) == ""


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rewrites_are_not_proven(name: str) -> None:
    assert _doubt(*_pair(WRONG[name])) != ""
