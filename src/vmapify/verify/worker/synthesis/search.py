"""Try arguments, the likeliest first, until a function runs to its end: abstractly where that is possible."""

from __future__ import annotations

import contextlib
import heapq
import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax

from ..attempt import attempt
from ..late_callbacks import LEFTOVERS
from ..settings import compilation_cache
from ..wall import Walled
from .values import Array, Maker

if TYPE_CHECKING:
    from .values import Made

TRIALS = 400
"""Combinations of arguments that are tried for one function."""
CONCRETE = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)
"""The shapes may be right, but the function looks at values."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """One choice for every parameter."""

    names: tuple[str, ...]
    made: tuple[Made, ...]

    def values(self, variant: int, *, integers: bool = False) -> dict[str, Any]:
        """Fresh values, by parameter."""
        maker = Maker(variant, integers=integers)
        return {name: maker.make(made) for name, made in zip(self.names, self.made, strict=True)}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a run on made-up arguments gave: whether the site was reached, the result if it was not, the error."""

    reached: bool
    result: Any
    error: BaseException | None


Scout = Callable[[Callable[[], Any]], tuple[bool, Any, BaseException | None]]


def combinations(choices: dict[str, list[Made]]) -> Iterator[Arguments]:
    """All combinations in the order of the sum of their ranks."""
    names, lists = tuple(choices), list(choices.values())
    if any(not one for one in lists):
        return
    heap = [(0, (0,) * len(lists))]
    seen = {heap[0][1]}
    while heap:
        cost, at = heapq.heappop(heap)
        yield Arguments(names, tuple(one[k] for one, k in zip(lists, at, strict=True)))
        for axis, position in enumerate(at):
            following = (*at[:axis], position + 1, *at[axis + 1 :])
            if position + 1 < len(lists[axis]) and following not in seen:
                seen.add(following)
                heapq.heappush(heap, (cost + 1, following))


def fitting(
    call: Callable[[dict[str, Any]], Any], choices: dict[str, list[Made]], scout: Scout, seconds: float
) -> tuple[Arguments, Trial] | None:
    """The first arguments on which ``call`` ends without an error; else the first that reach the site."""
    start, reached = time.monotonic(), None
    for count, arguments in enumerate(combinations(choices)):
        if count >= TRIALS or time.monotonic() - start > seconds:
            break
        trial = _tried(call, arguments, scout)
        if trial.error is None:
            return arguments, trial
        if trial.reached and reached is None:
            reached = arguments, trial
        if isinstance(trial.error, Walled):
            return arguments, trial
    return reached


def _tried(call: Callable[[dict[str, Any]], Any], arguments: Arguments, scout: Scout) -> Trial:
    values, error = attempt(lambda: arguments.values(0))
    if error is not None:
        return Trial(False, None, error)
    arrays = {
        name: values[name]
        for name, made in zip(arguments.names, arguments.made, strict=True)
        if isinstance(made, Array) and not made.host
    }
    rest = {name: value for name, value in values.items() if name not in arrays}
    order = list(values)

    def abstract(traced: dict[str, Any]) -> Any:
        merged = {**rest, **traced}
        call({name: merged[name] for name in order})
        return 0.0  # whatever it returns need not be a pytree of arrays

    reached, _, error = scout(lambda: jax.eval_shape(abstract, arrays))
    if reached and error is None:
        return Trial(reached, None, None)
    if error is not None and not isinstance(error, CONCRETE):
        return Trial(reached, None, error)
    reached, result, error = scout(lambda: call(values))
    return Trial(reached, result, error)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No output, no warnings, and no way out: a made-up call may compute, but not write files or start processes.

    Without jit, so that a loop in a jitted function sees values, and no trace of one call serves another.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(jax.disable_jit())
        stack.enter_context(LEFTOVERS.contained(spared=compilation_cache()))
        yield
