"""What the tracers among some live values tell: the transformations around the loop, and the numbers inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .sampling import is_key, placed
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

FORWARD, REVERSE = "forward", "reverse"
NAMES = {
    "DynamicJaxprTracer": "jax.jit",
    "BatchTracer": "jax.vmap",
    "JVPTracer": "differentiation",
    "LinearizeTracer": "differentiation",
}
"""What the classes of tracers stand for; others are some transformation."""


def transformations(values: dict[str, Any]) -> tuple[str, ...]:
    """The transformations that the live values are traced for, by name."""
    found = {NAMES.get(type(layer).__name__, "a JAX transformation") for layer in _all_layers(values)}
    return tuple(sorted(found))


def differentiated(values: dict[str, Any]) -> str:
    """How the values are differentiated: ``reverse`` (or both ways), ``forward``, or not at all."""
    kinds = {type(layer).__name__ for layer in _all_layers(values)}
    return REVERSE if "LinearizeTracer" in kinds else FORWARD if "JVPTracer" in kinds else ""


def seen_through(value: Any) -> Any:
    """A tracer's numbers, where there are any: those that are differentiated, one example of a batch. Else the value.

    To be called where no trace is active.
    """
    if not isinstance(value, jax.core.Tracer):
        return value
    inner, error = attempt(lambda: _inside(value))
    return value if error is not None or isinstance(inner, jax.core.Tracer) else inner


def _inside(tracer: Any) -> Any:
    if not isinstance(tracer, jax.core.Tracer):
        return tracer
    if type(tracer).__name__ in {"JVPTracer", "LinearizeTracer"}:
        return _inside(tracer.primal)
    if type(tracer).__name__ != "BatchTracer":
        return tracer
    batch, axis = _inside(tracer.val), tracer.batch_dim
    if isinstance(batch, jax.core.Tracer) or not isinstance(axis, int):
        return batch
    first = (slice(None),) * axis + (0,)
    return batch[first] if is_key(batch) else placed(batch, np.asarray(batch)[first])


def _all_layers(values: dict[str, Any]) -> Iterator[Any]:
    tracers: list[Any] = []
    convert(values, lambda value: tracers.append(value) if isinstance(value, jax.core.Tracer) else value)
    for tracer in tracers:
        yield from _layers(tracer)


def _layers(tracer: Any) -> Iterator[Any]:
    """A tracer and those inside it."""
    while isinstance(tracer, jax.core.Tracer):
        yield tracer
        name = type(tracer).__name__
        tracer = tracer.primal if name in {"JVPTracer", "LinearizeTracer"} else getattr(tracer, "val", None)
