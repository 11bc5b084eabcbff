"""The program a version amounts to on double-precision inputs: what a float64 rerun can tell about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from .observe import observe
from .sampling import is_floating
from .settings import with_x64
from .stages import STAGES
from .tolerance import EPS64
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .observe import Call

FACTORIZATIONS = ("svd", "eig", "qr", "geq", "householder", "schur", "hessenberg", "tridiagonal")
"""Parts of the names of primitives whose vectors are defined up to sign."""
finfo: Any = jnp.finfo


@dataclass(frozen=True, slots=True)
class Program:
    """``unit`` is the largest rounding unit of any floating point result in it."""

    unit: float
    primitives: frozenset[str]

    @property
    def narrow(self) -> bool:
        """Whether it computes in less than double precision all the same."""
        return self.unit > EPS64

    @property
    def factorizes(self) -> bool:
        """Whether vectors in its results may be defined up to sign."""
        return any(part in name for name in self.primitives for part in FACTORIZATIONS)


def program(call: Call, inputs: dict[str, Any]) -> Program | None:
    """What ``call`` runs on double-precision inputs; None if it cannot be traced."""
    traced: list[Any] = []

    def trace(copies: dict[str, Any]) -> dict[str, Any]:
        traced.append(_jaxpr(call, copies))
        return {}

    with STAGES.stage("types inside"), with_x64(True):
        outcome = observe(trace, inputs)
    if outcome.error is not None or not traced:
        return None
    found = list(equations(traced[0]))
    units = (unit for equation in found for unit in _units(equation))
    return Program(max(units, default=0.0), frozenset(str(equation.primitive) for equation in found))


def _jaxpr(call: Call, inputs: dict[str, Any]) -> Any:
    """The traced call, with every floating point array of the inputs as a variable."""
    arrays: list[Any] = []
    convert(inputs, lambda value: arrays.append(value) if is_floating(value) else value)

    def traced(variables: list[Any]) -> Any:
        rest = iter(variables)
        outputs = call(convert(inputs, lambda value: next(rest) if is_floating(value) else value))
        return [part for part in jax.tree.leaves(outputs) if isinstance(part, jax.Array)]

    return jax.make_jaxpr(traced)(arrays)


def equations(jaxpr: Any) -> Iterator[Any]:
    """Every equation of a program and of those nested in it."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in nested(equation):
            yield from equations(inner)


def nested(equation: Any) -> Iterator[Any]:
    """The programs that an equation runs: the body of a loop, the branches of a condition, a jitted function."""
    for parameter in equation.params.values():
        for inner in parameter if isinstance(parameter, (tuple, list)) else (parameter,):
            program_inside = getattr(inner, "jaxpr", inner)
            if hasattr(program_inside, "eqns"):
                yield program_inside


def _units(equation: Any) -> Iterator[float]:
    for variable in equation.outvars:
        dtype = getattr(variable.aval, "dtype", None)
        if dtype is not None and jnp.issubdtype(dtype, jnp.inexact):
            yield float(finfo(dtype).eps)
