"""The gradients of both versions, where the caller differentiates them: values may agree where these do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .compare import named
from .evidence import Evidence, inconclusive
from .judge import Judgement
from .pair import Pair
from .survey import is_array
from .tracing import FORWARD, REVERSE
from .value_tree.leaves import is_inexact, places
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .observe import Call

SEED = 40_013
GRADIENT = "the gradient with respect to {}"
DERIVATIVE = "the derivative of {}"
NONE = "no floating point value depends on floating point arrays"


class Nothing(Exception):  # noqa: N818 (an answer, not a fault)
    """There is nothing to differentiate, or nothing with respect to which."""


def gradient_evidence(pair: Pair, inputs: dict[str, Any], random: np.random.Generator) -> Evidence | str:
    """The judgement on the gradients of both versions, in the given mode; a remark where there are none."""
    ways = (REVERSE, FORWARD) if pair.gradients == REVERSE else (FORWARD,)
    remark = ""
    for way in ways:
        judgement = Judgement(_derived(pair, way), inputs, random)
        error = judgement.loop.error
        if isinstance(error, Nothing):
            return NONE
        if error is None and not judgement.loop.refused:
            evidence = judgement.evidence()
            differs = evidence.verdict in {"different", "precision-changed"}
            return replace(evidence, reason=f"its values agree, but {evidence.reason}") if differs else evidence
        remark = remark or (judgement.loop.refused or (named(error) if error is not None else ""))
    return inconclusive(f"the loop cannot be differentiated here ({remark})").reason


def _derived(pair: Pair, way: str) -> Pair:
    derive = _pulled_back if way == REVERSE else _pushed_forward
    return Pair(derive(pair.before), derive(pair.after), {}, pair.allowed, pair.code)


def _pulled_back(call: Call) -> Call:
    def gradients(inputs: dict[str, Any]) -> dict[str, Any]:
        names, arrays = _variables(inputs)
        results, pull = jax.vjp(lambda variables: _results(call, inputs, variables), arrays)
        if not results:
            raise Nothing
        random = np.random.default_rng(SEED)
        (found,) = pull({name: _noise(result, random) for name, result in results.items()})
        return {GRADIENT.format(name): gradient for name, gradient in zip(names, found, strict=True)}

    return gradients


def _pushed_forward(call: Call) -> Call:
    def derivatives(inputs: dict[str, Any]) -> dict[str, Any]:
        _, arrays = _variables(inputs)
        random = np.random.default_rng(SEED)
        steps = [_noise(array, random) for array in arrays]
        results, found = jax.jvp(lambda variables: _results(call, inputs, variables), (arrays,), (steps,))
        if not results:
            raise Nothing
        return {DERIVATIVE.format(name): derivative for name, derivative in found.items()}

    return derivatives


def _variables(inputs: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """The floating point arrays of JAX among the inputs, with their paths."""
    paths: dict[int, str] = {}
    for name, value in inputs.items():
        for path, part, _ in places(name, value):
            paths.setdefault(id(part), path)
    arrays: list[Any] = []
    convert(inputs, lambda value: arrays.append(value) if _is_variable(value) else value)
    if not arrays:
        raise Nothing
    return [paths.get(id(array), f"a value in a closure ({place})") for place, array in enumerate(arrays)], arrays


def _results(call: Call, inputs: dict[str, Any], variables: list[Any]) -> dict[str, Any]:
    """The floating point arrays among the results, by path."""
    rest: Iterator[Any] = iter(variables)
    outputs = call(convert(inputs, lambda value: next(rest) if _is_variable(value) else value))
    return {
        path: part
        for name, value in outputs.items()
        for path, part, node in places(name, value)
        if node is None and _is_variable(part)
    }


def _is_variable(value: Any) -> bool:
    return isinstance(value, jax.Array) and is_array(value) and is_inexact(value)


def _noise(like: Any, random: np.random.Generator) -> Any:
    """Random numbers of an array's shape and dtype: a cotangent or a tangent for it."""
    data = random.normal(size=np.shape(like))
    if jnp.issubdtype(like.dtype, np.complexfloating):
        data = data + 1j * random.normal(size=np.shape(like))
    return jnp.asarray(data.astype(like.dtype))
