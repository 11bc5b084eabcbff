"""What the name of a parameter says about it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .values import Array, Fixed, Made, Size

KEYS = ("key", "rng", "prng", "seed_key")
COUNTS = (
    "n",
    "num",
    "count",
    "size",
    "steps",
    "dim",
    "dims",
    "length",
    "width",
    "depth",
    "seed",
    "order",
    "degree",
    "batch",
)
LABELS = ("label", "labels", "idx", "index", "indices", "ids", "tokens", "classes", "actions", "assignments")


def by_name(name: str) -> list[Made]:
    """Values for a parameter of which only the name is known."""
    words = name.lower().strip("_").split("_")
    if words[-1] in {"keys", "rngs"}:
        return [Array(("n",), "key"), Array((), "key")]
    if words[-1] in KEYS or words[0] in {"rng", "prng"}:
        return [Array((), "key")]
    if words[0] in COUNTS or words[-1] in COUNTS:
        return counts(name)
    if words[-1] in LABELS:
        return [Array(("n",), "int32"), Array((), "int32"), Array(("n", "d"), "int32")]
    if words[0] in {"fn", "func", "function", "fun", "f"} or words[-1] in {"fn", "func", "function", "fun"}:
        return functions()
    return arrays()


def counts(name: str) -> list[Made]:
    """Numbers of things: the extent that an annotation or a docstring calls by this name, or that of a usual axis."""
    return [Size(name), Size("n"), Size("d"), Fixed(1), Fixed(2)]


def arrays() -> list[Made]:
    """Arrays of which nothing is known."""
    return [Array(("d",)), Array(("n", "d")), Array(())]


def functions() -> list[Made]:
    """Functions of arrays: one elementwise, one to a scalar."""

    def elementwise(*arrays: Any, **_: Any) -> Any:
        first, *others = arrays or (1.0,)
        return jnp.tanh(jnp.asarray(first) + sum(jnp.sum(jnp.asarray(other)) for other in others))

    def scalar(*arrays: Any, **_: Any) -> Any:
        leaves = jax.tree_util.tree_leaves(arrays)
        return sum((jnp.sum(jnp.tanh(jnp.asarray(leaf))) for leaf in leaves), start=jnp.asarray(0.0))

    return [Fixed(elementwise), Fixed(scalar)]
