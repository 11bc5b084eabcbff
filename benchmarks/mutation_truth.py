"""Whether two versions really differ, found out without any part of the verifier.

They are run as they are, and once more in double precision. A difference counts if it is one of structure,
exceptions, text or arguments, if integers, truth values or keys differ, or if floats do both: differ bitwise from
what the right rewrite gives, and differ in double precision by more than rounding.
"""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDING = 1e-7
"""In double precision, relative to the largest number of a row: rounding stays far below, mistakes far above."""


def run(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """Everything seen from outside: facts that compare with ``==``, and the floating point arrays."""
    mine = copy.deepcopy(args)
    text = io.StringIO()
    facts: list[Any] = []
    numbers: list[Any] = []
    with warnings.catch_warnings(), contextlib.redirect_stdout(text):
        warnings.simplefilter("ignore")
        try:
            _flatten(jax.block_until_ready(function(*mine)), facts, numbers)
        except Exception as error:
            facts.append(type(error).__name__)
    _flatten(mine, facts, numbers)
    return [*facts, text.getvalue()], numbers


def _flatten(value: Any, facts: list[Any], numbers: list[Any]) -> None:
    if isinstance(value, dict):
        facts.append(("dict", list(value)))
        for part in value.values():
            _flatten(part, facts, numbers)
    elif isinstance(value, (list, tuple)):
        facts.append((type(value).__name__, len(value)))
        for part in value:
            _flatten(part, facts, numbers)
    elif isinstance(value, jax.Array):
        _array(value, facts, numbers)
    elif isinstance(value, (np.ndarray, np.generic)):
        facts.append((type(value).__name__, str(value.dtype), value.shape, getattr(value.flags, "writeable", None)))
        _numbers(np.asarray(value), facts, numbers)
    elif isinstance(value, (float, complex)):
        facts.append(type(value).__name__)
        numbers.append(np.asarray(value))
    elif hasattr(value, "__dict__") and not callable(value):
        facts.append(type(value).__name__)
        _flatten(vars(value), facts, numbers)
    else:
        facts.append(value if isinstance(value, (str, int, bool, type(None))) else type(value).__name__)


def _array(value: jax.Array, facts: list[Any], numbers: list[Any]) -> None:
    if value.is_deleted():
        facts.append("deleted")
        return
    facts.append(("jax", str(value.dtype), value.shape, getattr(value.aval, "weak_type", None)))
    facts.append((str(value.sharding), value.committed))
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        facts.append(np.asarray(jax.random.key_data(value)).tolist())
    else:
        _numbers(np.asarray(value), facts, numbers)


def _numbers(array: Any, facts: list[Any], numbers: list[Any]) -> None:
    if jnp.issubdtype(array.dtype, jnp.inexact):
        numbers.append(array)
    else:
        facts.append(array.tolist())


def wide(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments in double precision; 64-bit types must be enabled."""

    def leaf(x: Any) -> Any:
        if not hasattr(x, "dtype") or not jnp.issubdtype(x.dtype, jnp.inexact):
            return x
        return x.astype(np.complex128 if jnp.issubdtype(x.dtype, jnp.complexfloating) else np.float64)

    return jax.tree.map(leaf, args)


class Truth:
    """The loop and the right rewrite on one set of arguments, run once; ``differs`` runs a mutant."""

    def __init__(self, loop: Callable[..., Any], right: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._args = args
        self._loop, self._right = run(loop, args), run(right, args)
        with jax.enable_x64(True):
            self._wide = wide(args)
            self._wide_loop, self._wide_right = run(loop, self._wide), run(right, self._wide)

    @property
    def sound(self) -> bool:
        """Whether the right rewrite is right on these arguments."""
        return self._loop[0] == self._right[0] and not _apart(self._wide_loop[1], self._wide_right[1])

    def differs(self, mutant: Callable[..., Any]) -> bool:
        """Whether the mutant really differs from the loop on the arguments."""
        facts, numbers = run(mutant, self._args)
        if facts != self._loop[0] or len(numbers) != len(self._loop[1]):
            return True
        if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(self._right[1], numbers, strict=True)):
            return False
        with jax.enable_x64(True):
            wide_facts, wide_numbers = run(mutant, self._wide)
        return wide_facts != self._wide_loop[0] or _apart(self._wide_loop[1], wide_numbers)


def _apart(ours: list[Any], theirs: list[Any]) -> bool:
    return len(ours) != len(theirs) or any(_leaf_apart(a, b) for a, b in zip(ours, theirs, strict=True))


def _leaf_apart(a: Any, b: Any) -> bool:
    a, b = (np.asarray(x).astype(np.complex128) for x in (a, b))
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return True
    rows = [np.where(np.isfinite(x), x, 0).reshape(len(x) if x.ndim else 1, -1) for x in (a, b)]
    scale = np.abs(rows[0]).max(axis=1, initial=0.0)
    scale = np.where(scale == 0, scale.max(initial=0.0), scale)
    return bool(np.any(np.abs(rows[0] - rows[1]).max(axis=1, initial=0.0) > ROUNDING * scale))
