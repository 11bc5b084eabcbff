"""One version of a region, ready to be timed: eagerly, or as one jitted program."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import jax

from .attempt import attempt
from .observe import observe, wait
from .settings import CONFIG
from .survey import is_array
from .value_tree.rebuild import convert, duplicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .observe import Call, Outcome

clear_caches: Callable[[], None] = jax.clear_caches


class Failed(Exception):  # noqa: N818 (an answer, not a fault)
    """A version cannot be run like this; the text says why."""


class Eager:
    """A version as it stands in the file. ``outcome`` is what the last run gave."""

    def __init__(self, call: Call, inputs: dict[str, Any]) -> None:
        self._call, self._inputs = call, inputs
        self.outcome: Outcome | None = None

    def __call__(self) -> float:
        """Seconds of one run until all its arrays are computed. Raises Failed."""
        self.outcome = observe(self._call, self._inputs)
        error = self.outcome.refused or self.outcome.error
        if error:
            raise Failed(_told(error))
        return self.outcome.seconds


class Jitted:
    """A version traced as a whole, as if it stood in a jitted function whose arguments are the arrays of JAX."""

    def __init__(self, call: Call, inputs: dict[str, Any]) -> None:
        self._call, self._inputs = call, duplicate(inputs)
        self._function, self._arguments = self._fresh()

    def __call__(self) -> float:
        """Seconds of one run; the first one traces and compiles. Raises Failed."""
        start = time.perf_counter()
        _, error = attempt(lambda: wait(self._function(self._arguments)))
        seconds = time.perf_counter() - start
        if error is not None:
            raise Failed(_told(error))
        return seconds

    def first(self) -> float:
        """The same for the first run, which runs the user's code: watched like every run of it. Raises Failed."""
        found: list[float] = []

        def call(_: dict[str, Any]) -> dict[str, Any]:
            found.append(self())
            return {}

        outcome = observe(call, {})
        error = outcome.refused or outcome.error
        if error or not found:
            raise Failed(_told(error or "it did not run"))
        return found[0]

    def program(self) -> Any:
        """What is computed, as JAX traces it."""
        (equation,) = jax.make_jaxpr(self._function)(self._arguments).jaxpr.eqns
        return equation.params["jaxpr"].jaxpr

    def memory(self) -> int | None:
        """Bytes that the compiled program needs: arguments, results and what lies between."""
        compiled, error = attempt(lambda: self._function.lower(self._arguments).compile())
        return None if error is not None else needed(compiled)

    def _fresh(self) -> tuple[Any, list[Any]]:
        """A new function object, which JAX has never seen, and its arguments."""
        arrays: list[Any] = []
        convert(self._inputs, lambda value: arrays.append(value) if _is_jax(value) else value)

        def version(variables: list[Any]) -> list[Any]:
            rest = iter(variables)
            outputs = self._call(convert(self._inputs, lambda value: next(rest) if _is_jax(value) else value))
            return [part for part in jax.tree.leaves(outputs) if isinstance(part, jax.Array)]

        return jax.jit(version), arrays


def needed(compiled: Any) -> int | None:
    """Bytes of a compiled program, where the backend says so."""
    analysis, error = attempt(compiled.memory_analysis)
    parts = ("temp_size_in_bytes", "argument_size_in_bytes", "output_size_in_bytes")
    if error is not None or analysis is None or not all(hasattr(analysis, part) for part in parts):
        return None
    shared = getattr(analysis, "alias_size_in_bytes", 0)
    return int(sum(getattr(analysis, part) for part in parts) - shared)


def _is_jax(value: Any) -> bool:
    return is_array(value) and isinstance(value, jax.Array)


def _told(error: object) -> str:
    if isinstance(error, str):
        return error
    first = (str(error).splitlines() or [""])[0][:160]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """Without the folder where JAX keeps compiled programs from run to run."""
    before = CONFIG.jax_enable_compilation_cache
    CONFIG.update("jax_enable_compilation_cache", False)
    try:
        yield
    finally:
        CONFIG.update("jax_enable_compilation_cache", before)
