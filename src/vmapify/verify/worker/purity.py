"""Two traces of the loop, through functions that JAX has never seen: a pure loop is the same program in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .observe import observe
from .outside import OUTSIDE
from .program import equations
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from .observe import Call

IMPURE = (
    "two traces of the loop differ: it reads something besides its inputs that changes from run to run "
    "(a counter, an iterator, random numbers)"
)
EFFECTS = "; its program has effects besides its results ({})"


def impurity(call: Call, inputs: dict[str, Any]) -> tuple[str | None, str]:
    """Why the loop is no function of its inputs, if it is none; and a remark on effects that its program has.

    Nothing is said of a loop that cannot be traced.
    """
    programs: list[Any] = []

    def trace(copies: dict[str, Any]) -> dict[str, Any]:
        programs.extend(_traced(call, copies) for _ in range(2))
        return {}

    _, error = attempt(lambda: observe(trace, inputs))
    if error is not None or len(programs) != 2:
        return None, ""
    effects = sorted({type(effect).__name__.removesuffix("Effect") for effect in programs[0].effects})
    remark = EFFECTS.format(", ".join(effects)) if effects else ""
    return (IMPURE if _text(programs[0]) != _text(programs[1]) else None), remark


def _traced(call: Call, inputs: dict[str, Any]) -> Any:
    """The program of a new function object; state outside is put back first."""
    OUTSIDE.restore()
    arrays: list[Any] = []
    convert(inputs, lambda value: arrays.append(value) if isinstance(value, jax.Array) else value)

    def version(variables: list[Any]) -> list[Any]:
        rest = iter(variables)
        outputs = call(convert(inputs, lambda value: next(rest) if isinstance(value, jax.Array) else value))
        return [part for part in jax.tree.leaves(outputs) if isinstance(part, jax.Array)]

    return jax.make_jaxpr(version)(arrays)


def _text(program: Any) -> list[str]:
    """Steps, shapes and constants, without names and whatever else may be made anew each time."""
    constants = [_constant(value) for value in program.consts]
    return constants + [
        f"{step.primitive} {[_operand(one) for one in step.invars]} {[str(one.aval) for one in step.outvars]}"
        for step in equations(program)
    ]


def _operand(variable: Any) -> str:
    return _constant(variable.val) if hasattr(variable, "val") else str(variable.aval)


def _constant(value: Any) -> str:
    data, error = attempt(lambda: np.asarray(value))
    return f"{data.dtype}{data.shape} {data.tobytes().hex()}" if error is None else type(value).__name__
