"""What the prover proves of code that hands functions to JAX, and what it must not."""

from __future__ import annotations

import pytest

from vmapify.prove import prove
from vmapify.syntax import parse

HEAD = """\
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree

log = []


"""
OLD = "jnp.stack([f(x) for x in xs])"
NEW = "jax.vmap(f)(xs)"


def program(body: str, old: str = OLD, parameters: str = "xs: jax.Array") -> str:
    """``f`` is defined by ``body`` at module level, and called for every row."""
    return f"{HEAD}{body}\n\ndef rows({parameters}):\n    return {old}\n"


# what `f` is; proven, or the code of the doubt
PROVEN: dict[str, tuple[str, str | None]] = {
    "grad": ("def g(x):\n    return jnp.sum(jnp.sin(x))\n\nf = jax.grad(g)\n", None),
    "grad of a lambda in the function": ("def f(x):\n    return jax.grad(lambda y: jnp.sum(y * x))(x)\n", None),
    "grad by the second argument": (
        "def f(x):\n    return jax.grad(lambda a, b: jnp.sum(a * jnp.sin(b)), argnums=1)(x, x)\n",
        None,
    ),
    "a hessian": ("def f(x):\n    return jax.hessian(lambda y: jnp.sum(y * jnp.sin(y)))(x)\n", None),
    "a gradient in a gradient": (
        "def f(x):\n    return jax.grad(lambda y: jnp.sum(jax.grad(lambda z: jnp.sum(z * y))(y)))(x)\n",
        None,
    ),
    "vjp": ("def f(x):\n    y, back = jax.vjp(jnp.sin, x)\n    return back(y)[0]\n", None),
    "jvp": ("def f(x):\n    y, along = jax.jvp(jnp.sin, (x,), (x,))\n    return y + along\n", None),
    "an axis that only the version for batches takes": (
        "def f(x):\n    return lax.concatenate([x, x], -1)\n",
        "unmodelled",
    ),
    "limits that only the version for batches takes": ("def f(x):\n    return lax.clamp(x, 1.0, x)\n", "unmodelled"),
    "a choice of another shape": ("def f(x):\n    return lax.select(x > 1, x, jnp.zeros((4, 3)))\n", "unmodelled"),
    "a choice of one shape": ("def f(x):\n    return lax.select(x > 1, x, x * 2)\n", None),
    "limits that are single numbers": ("def f(x):\n    return lax.clamp(0.0, x, 1.0)\n", None),
    "an axis that rows may not have": ("def f(x):\n    return lax.reduce_max(x, (0,))\n", "unmodelled"),
    "a branch with a loop that may not end for other rows": (
        (
            "def f(x):\n    return lax.cond(x[0] > 1, lambda y: lax.while_loop(lambda c: c[0] != 9, lambda c: c + 1, y), "
            "lambda y: y, x)\n"
        ),
        "unmodelled",
    ),
    "a branch with a loop that is counted by the row": (
        (
            "def f(x):\n    n = x[0].astype(int)\n    return lax.cond(n < 9, "
            "lambda y: lax.fori_loop(0, n, lambda k, c: c + 1, y), lambda y: y, x)\n"
        ),
        "unmodelled",
    ),
    "a loop in a branch that is the same for all rows": (
        (
            "def f(x):\n    return lax.cond(jnp.array(True), "
            "lambda y: lax.while_loop(lambda c: c[0] < 9, lambda c: c + 1, y), lambda y: y, x)\n"
        ),
        None,
    ),
    "a gradient with an effect": (
        "def g(x):\n    log.append(1)\n    return jnp.sum(x)\n\nf = jax.grad(g)\n",
        "unmodelled",
    ),
    "a gradient that prints": ("def g(x):\n    print(x)\n    return jnp.sum(x)\n\nf = jax.grad(g)\n", "unmodelled"),
    "a gradient that branches on its row": (
        "def g(x):\n    if jnp.sum(x) > 0:\n        return jnp.sum(x)\n    return jnp.sum(x) * 2\n\nf = jax.grad(g)\n",
        "branch-on-row",
    ),
    "a gradient of what is not followed": ("import other\n\nf = jax.grad(other.g)\n", "unmodelled"),
    "a derivative of its own": (
        "@jax.custom_jvp\ndef f(x):\n    return jnp.sin(x)\n\n\n@f.defjvp\ndef rule(p, t):\n    return f(p[0]), t[0]\n",
        None,
    ),
    "a derivative of its own, asked for": (
        (
            "@jax.custom_jvp\ndef g(x):\n    return jnp.sum(x)\n\n\n"
            "@g.defjvp\ndef rule(p, t):\n    print(p)\n    return g(p[0]), t[0]\n\n\nf = jax.grad(g)\n"
        ),
        "unmodelled",
    ),
    "custom_vmap": (
        "@jax.custom_batching.custom_vmap\ndef f(x):\n    return jnp.sin(x)\n",
        "unmodelled",
    ),
    "custom_vmap behind jit": (
        "@jax.custom_batching.custom_vmap\ndef g(x):\n    return jnp.sin(x)\n\n\n@jax.jit\ndef f(x):\n    return g(x)\n",
        "unmodelled",
    ),
    "custom_vmap in a branch": (
        (
            "@jax.custom_batching.custom_vmap\ndef g(x):\n    return jnp.sin(x)\n\n\n"
            "def f(x):\n    return lax.cond(jnp.sum(x) > 0, g, jnp.sin, x)\n"
        ),
        "unmodelled",
    ),
    "checkpoint": ("@jax.checkpoint\ndef f(x):\n    return jnp.sin(x)\n", None),
    "jit": ("@jax.jit\ndef f(x):\n    return jnp.sin(x) * 2\n", None),
    "jit with a static argument": (
        (
            "@partial(jax.jit, static_argnums=1)\n"
            "def g(x, n):\n    for _ in range(n):\n        x = jnp.sin(x)\n    return x\n\n\n"
            "def f(x):\n    return g(x, 3)\n"
        ),
        None,
    ),
    "jit with a static argument by name": (
        (
            "@partial(jax.jit, static_argnames='n')\n"
            "def g(x, n):\n    for _ in range(n):\n        x = jnp.sin(x)\n    return x\n\n\n"
            "def f(x):\n    return g(x, 3)\n"
        ),
        None,
    ),
    "jit with a changed list": (
        "@jax.jit\ndef g(x):\n    log.append(x)\n    return x\n\n\ndef f(x):\n    return g(x)\n",
        "unmodelled",
    ),
    "scan": (
        "def f(x):\n    last, _ = lax.scan(lambda c, y: (c + y, c), jnp.sum(x) * 0, x)\n    return last\n",
        None,
    ),
    "scan gives its rows": ("def f(x):\n    return lax.scan(lambda c, y: (c, c * y), x, x)[1]\n", None),
    "scan with an effect": (
        "def step(c, y):\n    log.append(1)\n    return c, y\n\n\ndef f(x):\n    return lax.scan(step, x, x)[0]\n",
        "unmodelled",
    ),
    "scan asks its carry": (
        (
            "def step(c, y):\n    if jnp.sum(c) > 0:\n        return c, y\n    return -c, y\n\n\n"
            "def f(x):\n    return lax.scan(step, x, x)[0]\n"
        ),
        "branch-on-row",
    ),
    "scan with a tuple and a dict": (
        (
            "def step(c, y):\n    a, kept = c\n    return (a + y, {'n': kept['n'] * y}), None\n\n\n"
            "def f(x):\n    (a, kept), _ = lax.scan(step, (x, {'n': x}), x)\n    return a + kept['n']\n"
        ),
        None,
    ),
    "for": ("def f(x):\n    return lax.fori_loop(0, 3, lambda i, c: c * x, x)\n", None),
    "for, as often as the row says": (
        "def f(x):\n    return lax.fori_loop(0, int(x[0]), lambda i, c: c * x, x)\n",
        "unmodelled",
    ),
    "while": ("def f(x):\n    return lax.while_loop(lambda c: jnp.sum(c) < 3, lambda c: c + x, x)\n", None),
    "cond": ("def f(x):\n    return lax.cond(jnp.sum(x) > 0, lambda a: a, lambda a: -a, x)\n", None),
    "cond with an effect": (
        "def f(x):\n    return lax.cond(jnp.sum(x) > 0, lambda a: (log.append(1), a)[1], lambda a: -a, x)\n",
        "unmodelled",
    ),
    "switch": ("def f(x):\n    return lax.switch(1, [jnp.sin, jnp.cos], x)\n", None),
    "map": ("def f(x):\n    return lax.map(lambda y: jnp.sin(y) * 2, x)\n", None),
    "associative scan": ("def f(x):\n    return lax.associative_scan(jnp.add, x)\n", None),
    "a tree": ("def f(x):\n    return jax.tree.map(lambda a, b: a + b, {'a': x}, {'a': x})['a']\n", None),
    "a tree with an effect": (
        "def f(x):\n    return jax.tree.map(lambda a: (log.append(1), a)[1], {'a': x})['a']\n",
        "unmodelled",
    ),
    "leaves": ("def f(x):\n    a, b = jax.tree.leaves({'b': x, 'a': -x})\n    return a\n", None),
    "a vector of a tree": ("def f(x):\n    flat, back = ravel_pytree({'b': x, 'a': -x})\n    return flat\n", None),
    "nested vmap with axes": (
        "def f(x):\n    return jax.vmap(lambda a, b: jnp.dot(a, b), in_axes=(0, None))(x, x)\n",
        None,
    ),
    "nested vmap of a library function": ("def f(x):\n    return jax.vmap(jnp.dot, in_axes=(0, 0))(x, x)\n", None),
    "nested vmap by keyword": (
        "def f(x):\n    return jax.vmap(lambda a, b: a * b)(x, b=x)\n",
        None,
    ),
    "nested vmap by axes that do not fit": (
        "def f(x):\n    return jax.vmap(lambda a, b: a * b, in_axes=(0, 0, 0))(x, x)\n",
        "unmodelled",
    ),
    "a named axis": (
        "def f(x):\n    return jax.vmap(lambda a: lax.psum(a, 'i'), axis_name='i')(x)\n",
        "unmodelled",
    ),
    "a loop in the function": (
        "def f(x):\n    acc = jnp.sin(x)\n    for k in range(x.shape[0]):\n        acc = acc + x * k\n    return acc\n",
        None,
    ),
    "a loop in the function over its rows": (
        "def f(x):\n    acc = jnp.sin(x[0])\n    for y in x:\n        acc = acc * y\n    return acc\n",
        None,
    ),
    "a loop in the function that asks what it carries": (
        (
            "def f(x):\n    acc = jnp.sin(x)\n    for k in range(x.shape[0]):\n"
            "        if acc[0] > 0:\n            acc = acc + x\n"
            "    return acc\n"
        ),
        "carried",
    ),
    "a loop in the function with an effect": (
        (
            "def f(x):\n    acc = jnp.sin(x)\n    for k in range(x.shape[0]):\n        acc = acc + x\n        log.append(k)\n"
            "    return acc\n"
        ),
        "unmodelled",
    ),
    "a callback": (
        "def f(x):\n    return jax.pure_callback(lambda a: a, jax.ShapeDtypeStruct(x.shape, x.dtype), x)\n",
        "unmodelled",
    ),
}


class NoSources:
    """No other module is at hand."""

    def imported(self, module: object, name: str, level: int) -> None:
        return None


def doubt_of(before: str, after: str) -> str | None:
    """The code of the doubt; None if it is proven."""
    doubt = prove(parse("program.py", before.encode()), after.encode(), NoSources()).doubt
    return doubt.code if doubt is not None else None


@pytest.mark.parametrize("name", PROVEN)
def test_functions_that_jax_calls(name: str) -> None:
    body, expected = PROVEN[name]
    before = program(body)
    assert doubt_of(before, before.replace(OLD, NEW)) == expected


# two functions that differ: calling the one must never be taken for calling the other
DIFFERENT: dict[str, tuple[str, str]] = {
    "of another function": ("jax.grad(lambda a: jnp.sum(a * 2))", "jax.grad(lambda a: jnp.sum(a * 3))"),
    "by another argument": (
        "partial(jax.grad(lambda a, b: jnp.sum(a * jnp.sin(b)), 0), W)",
        "partial(jax.grad(lambda a, b: jnp.sum(a * jnp.sin(b)), 1), W)",
    ),
    "the gradient or the value": ("jax.grad(jnp.sum)", "jnp.sum"),
    "another start": (
        "lambda x: lax.scan(lambda c, y: (c + y, y), W, x)[0]",
        "lambda x: lax.scan(lambda c, y: (c + y, y), W * 2, x)[0]",
    ),
    "the carry or the rows": (
        "lambda x: lax.scan(lambda c, y: (c + y, c), W, x)[0]",
        "lambda x: lax.scan(lambda c, y: (c + y, c), W, x)[1]",
    ),
    "backwards": (
        "lambda x: lax.scan(lambda c, y: (c * 2 + y, y), W, x)[0]",
        "lambda x: lax.scan(lambda c, y: (c * 2 + y, y), W, x, reverse=True)[0]",
    ),
    "one round more": (
        "lambda x: lax.fori_loop(0, 3, lambda i, c: c * x, x)",
        "lambda x: lax.fori_loop(0, 4, lambda i, c: c * x, x)",
    ),
    "the number of the round": (
        "lambda x: lax.fori_loop(0, 3, lambda i, c: c * i, x)",
        "lambda x: lax.fori_loop(0, 3, lambda i, c: c * c, x)",
    ),
    "another start of a loop": (
        "lambda x: total(jnp.sin(x), x)",
        "lambda x: total(jnp.cos(x), x)",
    ),
    "another body of a loop": ("lambda x: total(W, x)", "lambda x: product(W, x)"),
    "another condition": (
        "lambda x: lax.while_loop(lambda c: jnp.sum(c) < 3, lambda c: c + x, x)",
        "lambda x: lax.while_loop(lambda c: jnp.sum(c) < 4, lambda c: c + x, x)",
    ),
    "branches the other way round": (
        "lambda x: lax.cond(jnp.sum(x) > 0, jnp.sin, jnp.cos, x)",
        "lambda x: lax.cond(jnp.sum(x) > 0, jnp.cos, jnp.sin, x)",
    ),
    "the outer or the inner argument": (
        "lambda x: jax.grad(lambda y: jnp.sum(jax.grad(lambda z: jnp.sum(z * y))(y)))(x)",
        "lambda x: jax.grad(lambda y: jnp.sum(jax.grad(lambda z: jnp.sum(z * z))(y)))(x)",
    ),
    "slots of a carry": (
        "lambda x: lax.fori_loop(0, 3, lambda i, c: (c[1], c[0]), (x, W))[0]",
        "lambda x: lax.fori_loop(0, 3, lambda i, c: (c[1], c[0]), (x, W))[1]",
    ),
    "leaves in the order of their keys": (
        "lambda x: jax.tree.leaves({'b': x, 'a': -x})[0]",
        "lambda x: jax.tree.leaves({'b': x, 'a': -x})[1]",
    ),
}


LOOPS = """\
W = jnp.sin(jnp.arange(3))


def total(acc, x):
    for k in range(x.shape[0]):
        acc = acc + x * k
    return acc


def product(acc, x):
    for k in range(x.shape[0]):
        acc = acc * x
    return acc
"""


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_not_proven(name: str) -> None:
    one, other = DIFFERENT[name]
    before = program(LOOPS, f"jnp.stack([({one})(x) for x in xs])")
    assert doubt_of(before, before.replace(f"jnp.stack([({one})(x) for x in xs])", f"jax.vmap({one})(xs)")) is None
    assert (
        doubt_of(before, before.replace(f"jnp.stack([({one})(x) for x in xs])", f"jax.vmap({other})(xs)")) == "differs"
    )
