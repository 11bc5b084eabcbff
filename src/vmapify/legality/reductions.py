"""Reductions: where the device's reduction and the loop's running value could differ in type, value or rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind, Value
from vmapify.loop import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel, Reduction, Result

ROUNDED = {"sum": "summed", "prod": "multiplied", "logsumexp": "summed up"}
NUMERIC = {Kind.NUMBER, *ARRAYS}
NEVER = {Kind.LIST, Kind.TUPLE, Kind.STRING, Kind.DICT, Kind.SET, Kind.NONE, Kind.FUNCTION, Kind.ITERATOR, Kind.RANGE}


def start_of(machine: Machine, result: Result, frame: Frame) -> Value | None:
    """What the accumulator ``result`` holds before the first row; None if there is no such value."""
    reduction = result.sinks[0].reduction
    if reduction is None or (result.name is None and reduction.start is None):
        return None
    if reduction.start is not None:
        return machine.value(reduction.start, frame)
    return machine.lookup(result.name or "", frame)


def takes_no_array(start: Value) -> bool:
    """Whether what a variable starts from shows that no arrays are taken up in it."""
    return start.kind in NEVER


def obstacles(model: LoopModel, values: Sequence[Value], starts: Sequence[Value | None]) -> Iterator[Obstacle]:
    """Accumulations that no reduction of JAX repeats."""
    for result, value, start in zip(model.results, values, starts, strict=True):
        reduction = result.sinks[0].reduction
        if reduction is None:
            continue
        operation = result.sinks[0].collector
        boolean = value.dtype == "bool" and (reduction.identity == "absent" or (start and start.dtype == "bool"))
        if operation in {"sum", "prod"} and (boolean or (start is not None and start.dtype == "bool")):
            yield Obstacle.of("unsupported-shape", "adds-booleans", result.element, total=_name(result))
        if reduction.bitwise and operation in {"any", "all"} and value.dtype in {"int", "float", "weak"}:
            yield Obstacle.of(
                "unsupported-shape", "combines-bits", result.element, total=_name(result), operation=operation
            )
        if result.converted == "numpy":
            yield Obstacle.of("numpy-semantics", "adds-numpy", result.element, total=_name(result))
        if start is not None and takes_no_array(start) and not reduction.tree:
            yield Obstacle.of(
                "not-arrays", "starts-as-other", result.element, total=_name(result), kind=start.kind.value
            )


def assumptions(model: LoopModel, values: Sequence[Value], starts: Sequence[Value | None]) -> Iterator[Assumption]:
    """What a reduction takes for granted about the rows and the start."""
    for result, value, start in zip(model.results, values, starts, strict=True):
        reduction = result.sinks[0].reduction
        if reduction is None:
            continue
        name, operation = _name(result), result.sinks[0].collector
        exact = value.dtype in {"int", "bool"} or result.converted == "int"
        if operation in ROUNDED and not exact:
            yield Assumption.of("reassociation", "rounding", total=name, done=ROUNDED[operation])
        if reduction.identity is None and start is not None and start.kind not in NUMERIC and not reduction.tree:
            yield Assumption.of("array-like", "start", total=name)
        same = _types(result, reduction, value, start)
        if same is not None:
            yield Assumption.of("output-dtype", same, total=name)
        if reduction.python and operation in {"max", "min"}:
            yield Assumption.of("no-nan", "compared", operation=operation)
        if (reduction.python or result.converted) and value.shape != ():
            yield Assumption.of("item-rank", "single-values", total=name)
        if not (reduction.python and operation in {"any", "all"}):  # False and True in both if there are no rows
            empty = "error-without-rows" if reduction.identity == "absent" else "start-without-rows"
            yield Assumption.of("nonempty", empty, total=name)


def _types(result: Result, reduction: Reduction, value: Value, start: Value | None) -> str | None:
    """Which of the dtypes and weak types the reduction of JAX might change."""
    operation = result.sinks[0].collector
    if reduction.tree:
        return "structure-of-start" if reduction.identity == "tree" else None
    if result.converted is not None:
        return _converted_types(result.converted, operation, value)
    if reduction.identity == "array":
        same = start is not None and _alike(value, start)
        return None if same else "type-of-start"
    if value.dtype in {"float", "complex"} or operation in {"any", "all"}:
        unclear = reduction.bitwise and value.dtype != "bool"
        return "booleans" if unclear and operation in {"any", "all"} else None
    if value.dtype in {"int", "bool"} and operation in {"max", "min"}:
        return None
    if value.dtype == "int":
        return "narrow-integers"
    return "strong-type" if value.dtype in {"weak", "bool"} else "floating-dtype"


def _converted_types(converted: str, operation: str, value: Value) -> str | None:
    if converted == "int" and value.dtype not in {"int", "bool"}:
        return "converted-integers"
    return "converted-floats" if converted == "float" and value.dtype != "float" and operation == "sum" else None


def _alike(value: Value, start: Value) -> bool:
    return value.shape is not None and value.shape == start.shape and value.dtype == start.dtype == "float"


def _name(result: Result) -> str:
    return f"`{result.name}`" if result.name else "the result"
