"""Would the rewrite fit into memory? Asked before it runs, for a process that is out of memory says nothing more."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .observe import observe
from .program import equations
from .settings import default_device
from .versions import Jitted

if TYPE_CHECKING:
    from .observe import Call
    from .pair import Pair

PAGE: int = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class TooLargeError(MemoryError):
    """What the compiled rewrite needs, and what there is, in bytes."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"needs {needed / 1e9:.2g} GB of memory, with {available / 1e9:.2g} GB left")
        self.needed, self.available = needed, available


def guarded(pair: Pair, inputs: dict[str, Any], limit: float | None) -> Pair:
    """The pair with a rewrite that raises TooLargeError instead of running, where it would need more than there is.

    ``limit`` is in bytes, for the whole process; without one only devices that know their size have any.
    """
    available = _available(limit)
    found: list[TooLargeError] = []

    def look(copies: dict[str, Any]) -> dict[str, Any]:
        found.extend(_lack(Jitted(pair.after, copies), max(available or 0, 1)))
        return {}

    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise found[0]

    if available is not None:
        observe(look, inputs)
    return replace(pair, after=refuse) if found else pair


def _lack(version: Jitted, available: int) -> list[TooLargeError]:
    """What the version would raise; nothing where it fits, or cannot be traced."""
    traced, error = attempt(version.program)
    if error is not None or sum(map(_results, equations(traced))) <= available:
        return []
    needed = max(live_at_once(traced), version.memory() or 0)
    return [TooLargeError(needed, available)] if needed > available else []


def held_at_once(call: Call, inputs: dict[str, Any]) -> int | None:
    """Bytes that a version holds at a time when it is run operation by operation; None if it cannot be traced."""
    found: list[int] = []

    def look(copies: dict[str, Any]) -> dict[str, Any]:
        found.append(live_at_once(Jitted(call, copies).program()))
        return {}

    outcome = observe(look, inputs)
    return found[0] if found and outcome.error is None else None


def live_at_once(program: Any) -> int:
    """The most bytes that a program holds at a time, if it is run operation by operation: no less is needed."""
    last: dict[Any, int] = {}
    for place, equation in enumerate(program.eqns):
        last.update({one: place for one in equation.invars if not hasattr(one, "val")})
    last.update({one: len(program.eqns) for one in program.outvars if not hasattr(one, "val")})
    held = most = sum(_bytes(one) for one in (*program.invars, *program.constvars))
    for place, equation in enumerate(program.eqns):
        held += _results(equation)
        most = max(most, held)
        held -= sum(
            _bytes(one) for one in {one for one in equation.invars if not hasattr(one, "val")} if last[one] == place
        )
        held -= sum(_bytes(one) for one in equation.outvars if one not in last)
    return most


def _results(equation: Any) -> int:
    return sum(map(_bytes, equation.outvars))


def _bytes(variable: Any) -> int:
    """Bytes of an array; random keys are small."""
    shape, dtype = getattr(variable.aval, "shape", ()), getattr(variable.aval, "dtype", None)
    return int(np.prod(shape)) * int(getattr(dtype, "itemsize", 8))


def exhausted(error: BaseException | None) -> bool:
    """Whether memory ran out: ours, the interpreter's, or the device's."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def rows_that_fit(error: BaseException | None, rows: int | None) -> int | None:
    """How many rows at a time need an eighth of what there is, for a rerun in float64 needs more: a power of two.

    None where nothing is known.
    """
    if not isinstance(error, TooLargeError) or not rows:
        return None
    fitting = int(rows * error.available / (8 * error.needed))
    return 1 << max(fitting.bit_length() - 1, 0)


def _available(limit: float | None) -> int | None:
    statistics = default_device().memory_stats() or {}
    if "bytes_limit" in statistics:
        return int(statistics["bytes_limit"] - statistics.get("bytes_in_use", 0))
    if limit is None:
        return None
    pages, error = attempt(lambda: Path("/proc/self/statm").read_text().split()[1])
    return int(limit) - (int(pages) * PAGE if error is None else 0)
