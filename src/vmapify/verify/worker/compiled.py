"""A version compiled as one program, where running it step by step would compile every step of it for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .outside import OUTSIDE
from .program import equations, nested
from .settings import default_device, matmul_precision, x64_enabled
from .value_tree.leaves import places
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .observe import Call

STEP = 11
"""What compiling a single step costs beyond its equations, in equations of a larger program; and such a program itself."""
MOST_EQUATIONS = 3000
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""A program that runs a few times on small inputs is not worth optimizing."""


class Unfit(Exception):  # noqa: N818 (an answer, not a fault)
    """What the version does to its arguments or how long it is allows no single program."""


class Programs:
    """The compiled versions of one judgement, by what they were compiled for."""

    def __init__(self) -> None:
        self._known: dict[Any, Program | None] = {}

    def clear(self) -> None:
        """Forget all programs."""
        self._known.clear()

    def of(self, call: Call) -> Call:
        """``call`` as one program. Raises Unfit where that is not possible; may raise what tracing raises."""

        def run(inputs: dict[str, Any]) -> dict[str, Any]:
            variables, rest = _taken_apart(inputs)
            key = (call, rest, x64_enabled(), matmul_precision())
            if key not in self._known:
                self._known[key] = None
                self._known[key] = Program(call, inputs, variables)
            known = self._known[key]
            if known is None:
                raise Unfit
            return known(variables)

        return run


class Program:
    """One compiled version; called with the arrays among the inputs, in their order."""

    def __init__(self, call: Call, inputs: dict[str, Any], variables: list[Any]) -> None:
        self._outputs: dict[str, Any] = {}

        def traced(arrays: list[Any]) -> list[Any]:
            given = _with_arrays(inputs, iter(arrays))
            before = _state(given)
            self._outputs = call(given)
            if _state(given) != before:
                raise Unfit
            return _arrays(self._outputs)

        stages = jax.jit(traced).trace(variables)
        if not _pays(stages.jaxpr):
            raise Unfit
        options = QUICK if default_device().platform == "cpu" else None
        self._run = stages.lower().compile(compiler_options=options)

    def __call__(self, variables: list[Any]) -> dict[str, Any]:
        return _with_arrays(self._outputs, iter(self._run(variables)))


def _pays(program: Any) -> bool:
    """Whether compiling the whole is cheaper than compiling every different step of it."""
    steps: dict[str, int] = {}
    whole = 0
    for step in program.eqns:
        size = 1 + sum(1 for inner in nested(step) for _ in equations(inner))
        whole += size
        name = step.params.get("name", "")
        steps[f"{step.primitive} {name} {[str(variable.aval) for variable in step.invars]}"] = size
    return whole < MOST_EQUATIONS and whole + STEP < sum(steps.values()) + STEP * len(steps)


def _arrays(values: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    convert(values, lambda value: found.append(value) if isinstance(value, jax.Array) else value)
    return found


def _taken_apart(values: dict[str, Any]) -> tuple[list[Any], tuple[Any, ...]]:
    """The JAX arrays in some values, and everything else in a form that can be compared."""
    arrays: list[Any] = []
    rest: list[Any] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, jax.Array):
            arrays.append(value)
            rest.append((value.aval, getattr(value, "sharding", None)))
        else:
            rest.append(_fixed(value))
        return value

    convert(values, leaf)
    return arrays, tuple(rest)


def _fixed(value: Any) -> Any:
    """A leaf in a form that can be compared; within one judgement, objects differ by their type at most."""
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject:
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
        return type(value), repr(value)
    return type(value)


def _with_arrays(values: dict[str, Any], arrays: Iterator[Any]) -> dict[str, Any]:
    return convert(values, lambda value: next(arrays) if isinstance(value, jax.Array) else value)


def _state(values: dict[str, Any]) -> list[Any]:
    """Everything in some values, and outside, that a call could have changed."""
    around = [(leaf.path, leaf.told, _identity(leaf.data)) for leaf in OUTSIDE.leaves()]
    return around + [
        (path, node.label if node is not None else _identity(part))
        for name, value in values.items()
        for path, part, node in places(name, value)
    ]


def _identity(part: Any) -> Any:
    return id(part) if isinstance(part, jax.Array) or _fixed(part) is type(part) else _fixed(part)


PROGRAMS = Programs()


def compiled(call: Call) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """``call`` as one program, kept until the judgement ends."""
    return PROGRAMS.of(call)
