"""Rebuild a value with its leaves replaced: copies for each run, and inputs converted or redrawn."""

from __future__ import annotations

import copy
import types
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..attempt import attempt
from .kinds import take_apart

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NODES = 50_000
"""Containers taken apart in one value; what lies beyond is shared, not copied."""


class OnePassError(Exception):
    """A live-in value can be consumed only once, so that running twice would disturb the workload."""


class Rebuilder:
    """One pass over some values, aliases kept.

    ``leaf`` gets every array, number and opaque object. ``closures`` says whether to look into the variables
    that functions close over: for conversions yes, for copies no, since functions are compared by identity.
    """

    def __init__(self, leaf: Callable[[Any], Any], *, closures: bool) -> None:
        self._leaf = leaf
        self._closures = closures
        self._memo: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        """The value with its leaves replaced; the same object where a conversion changed nothing under it."""
        if id(value) in self._memo:
            return self._memo[id(value)][1]
        if len(self._memo) > MAX_NODES:
            return value
        self._memo[id(value)] = (value, value)
        fresh = self._rebuilt(value)
        self._memo[id(value)] = (value, fresh)
        return fresh

    def _rebuilt(self, value: Any) -> Any:
        if isinstance(value, types.FunctionType):
            return self._function(value) if self._closures and value.__closure__ else value
        node = take_apart(value)
        if node is None:
            return self._leaf(value)
        parts = [part for _, part in node.children]
        fresh = [self(part) for part in parts]
        if self._closures and all(new is old for new, old in zip(fresh, parts, strict=True)):
            return value
        built, error = attempt(lambda: node.build(fresh))
        return value if error is not None else built

    def _function(self, value: types.FunctionType) -> Any:
        cells = value.__closure__ or ()
        fresh = tuple(self._cell(cell) for cell in cells)
        if all(new is old for new, old in zip(fresh, cells, strict=True)):
            return value
        function = types.FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, fresh)
        function.__kwdefaults__ = value.__kwdefaults__
        function.__dict__.update(value.__dict__)
        return function

    def _cell(self, cell: types.CellType) -> types.CellType:
        content, error = attempt(lambda: cell.cell_contents)
        if error is not None:
            return cell
        fresh = self(content)
        return cell if fresh is content else types.CellType(fresh)


def duplicate(inputs: dict[str, Any]) -> dict[str, Any]:
    """Independent copies of all inputs: mutation and donation in one run are invisible to the next."""
    rebuild = Rebuilder(_copied, closures=False)
    return {name: rebuild(value) for name, value in inputs.items()}


def convert(inputs: dict[str, Any], leaf: Callable[[Any], Any]) -> dict[str, Any]:
    """The inputs with every array and number passed through ``leaf``, also inside objects and closures."""
    rebuild = Rebuilder(leaf, closures=True)
    return {name: rebuild(value) for name, value in inputs.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, jax.core.Tracer) or callable(value) or isinstance(value, (np.generic, str, int, float)):
        return value
    if isinstance(value, np.ndarray):
        return np.array(value, copy=True, order="K", subok=True)
    if isinstance(value, jax.Array):  # its own deepcopy compiles a program for every shape
        fresh, error = attempt(lambda: jax.device_put(value, may_alias=False))
        if error is None:
            return fresh
    fresh, error = attempt(lambda: copy.deepcopy(value))
    if error is None:
        return fresh
    if hasattr(value, "__next__"):
        raise OnePassError(type(value).__qualname__)
    return value
