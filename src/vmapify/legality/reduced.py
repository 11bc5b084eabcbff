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


def obstacles(model: LoopModel, values: Sequence[Value], starts: Sequence[Value | None]) -> Iterator[Obstacle]:
    """Accumulations that no reduction of JAX repeats."""
    for result, value, start in zip(model.results, values, starts, strict=True):
        reduction = result.sinks[0].reduction
        if reduction is None:
            continue
        operation = result.sinks[0].collector
        boolean = value.dtype == "bool" and (reduction.identity == "absent" or (start and start.dtype == "bool"))
        if operation in {"sum", "prod"} and (boolean or (start is not None and start.dtype == "bool")):
            message = f"{_name(result)} adds booleans to a boolean, which is a logical operation"
            yield Obstacle("unsupported-shape", message, result.element)
        if reduction.bitwise and operation in {"any", "all"} and value.dtype in {"int", "float", "weak"}:
            message = f"{_name(result)} combines the bits of integers, which `jnp.{operation}` does not"
            yield Obstacle("unsupported-shape", message, result.element)
        if result.converted == "numpy":
            message = f"{_name(result)} adds up NumPy arrays, which the reduction does not give"
            yield Obstacle("numpy-semantics", message, result.element)
        if start is not None and start.kind in NEVER and not reduction.tree:
            message = f"{_name(result)} starts as a {start.kind.value}, not as a number or an array"
            yield Obstacle("not-arrays", message, result.element)


def assumptions(model: LoopModel, values: Sequence[Value], starts: Sequence[Value | None]) -> Iterator[Assumption]:
    """What a reduction takes for granted about the rows and the start."""
    for result, value, start in zip(model.results, values, starts, strict=True):
        reduction = result.sinks[0].reduction
        if reduction is None:
            continue
        name, operation = _name(result), result.sinks[0].collector
        exact = value.dtype in {"int", "bool"} or result.converted == "int"
        if operation in ROUNDED and not exact:
            yield Assumption(
                "reassociation", f"{name} is {ROUNDED[operation]} in another order, which changes the rounding"
            )
        if reduction.identity is None and start is not None and start.kind not in NUMERIC and not reduction.tree:
            yield Assumption("array-like", f"{name} is a number or an array before the loop, nothing here proves it")
        message = _types(result, reduction, value, start)
        if message is not None:
            yield Assumption("output-dtype", message)
        if reduction.python and operation in {"max", "min"}:
            message = f"no value that `{operation}` compares is NaN (Python skips it or not, depending on the order)"
            yield Assumption("no-nan", message)
        if (reduction.python or result.converted) and value.shape != ():
            yield Assumption("item-rank", f"each value that {name} takes up is a single one")
        empty = _empty(name, operation, reduction)
        if empty is not None:
            yield Assumption("nonempty", empty)


def _types(result: Result, reduction: Reduction, value: Value, start: Value | None) -> str | None:
    """Dtypes and weak types that the reduction of JAX might change."""
    name, operation = _name(result), result.sinks[0].collector
    if reduction.tree:
        same = reduction.identity == "tree"
        return f"what {name} takes up has its structure, shapes and dtypes" if same else None
    if result.converted is not None:
        return _converted_types(name, result.converted, operation, value)
    if reduction.identity == "array":
        same = start is not None and _alike(value, start)
        return None if same else f"what {name} takes up has the shape and dtype that it starts with"
    if value.dtype in {"float", "complex"} or operation in {"any", "all"}:
        unclear = reduction.bitwise and value.dtype != "bool"
        return f"what {name} takes up are booleans" if unclear and operation in {"any", "all"} else None
    if value.dtype in {"int", "bool"} and operation in {"max", "min"}:
        return None
    if value.dtype == "int":
        return f"what {name} takes up are 32-bit integers (JAX widens narrower ones before it adds them)"
    if value.dtype in {"weak", "bool"}:
        return f"that {name} becomes strongly typed does not matter (reductions drop weak types)"
    return f"what {name} takes up has a floating-point dtype (reductions widen booleans and narrow integers)"


def _converted_types(name: str, converted: str, operation: str, value: Value) -> str | None:
    if converted == "int" and value.dtype not in {"int", "bool"}:
        return f"what {name} takes up are integers or booleans"
    if converted == "float" and value.dtype != "float" and operation == "sum":
        return f"what {name} takes up are floating-point numbers"
    return None


def _alike(value: Value, start: Value) -> bool:
    return value.shape is not None and value.shape == start.shape and value.dtype == start.dtype == "float"


def _empty(name: str, operation: str, reduction: Reduction) -> str | None:
    if reduction.python and operation in {"any", "all"}:
        return None  # False and True in both
    if reduction.identity == "absent":
        return f"there is at least one row (of none, {name} is an error in the loop)"
    return f"the loop runs at least once (otherwise {name} stays what it starts as, of whatever type)"


def _name(result: Result) -> str:
    return f"`{result.name}`" if result.name else "the result"
