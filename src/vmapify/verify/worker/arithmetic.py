"""The dtypes in which a version computes: rewriting it may change no dtype inside, however close the values come.

Both versions are traced. Where the loop stacks its rows, each row's program is looked at by itself. What cannot be traced
is run once more, operation by operation, and its operations are noted as they are run.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from .attempt import attempt
from .observe import observe
from .program import equations, nested
from .proof import Program, Unproven, variables_of
from .stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from .observe import Call
    from .pair import Pair

MOVING = frozenset(
    {
        *("convert_element_type", "bitcast_convert_type", "broadcast_in_dim", "reshape", "slice", "squeeze", "rev"),
        *("expand_dims", "concatenate", "stack", "unstack", "split", "transpose", "pad", "gather", "dynamic_slice"),
        *("dynamic_update_slice", "scatter", "select_n", "copy", "copy_p", "iota", "tile", "stop_gradient", "stage"),
        *("device_put", "sharding_constraint", "mesh_cast", "reshard", "optimization_barrier", "name", "pvary"),
    }
)
"""Primitives that move or convert numbers, and compute nothing."""
ADDING = frozenset(
    {
        *("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "add_any", "cumsum", "cumprod", "cummax", "cummin"),
        *("scatter-add", "scatter-mul", "scatter-max", "scatter-min"),
    }
)
"""Primitives that take the results of rows together all at once; XLA's sums of 16-bit numbers are in float32."""
PAIRWISE = frozenset({"add", "mul", "max", "min"})
"""Primitives that take them together one by one."""
PASSED_ON = frozenset({"convert_element_type", "copy", "copy_p", "device_put", "transpose", "reshape", "squeeze"})
"""Primitives that rows may go through after they were stacked."""


@dataclass(frozen=True, slots=True)
class Types:
    """The dtypes that each primitive computes in; ``derived`` holds those whose operands come from floating point data.

    Index arithmetic is left out of ``derived``: a loop does it in Python, a rewrite on arrays.
    """

    floats: frozenset[tuple[str, str]]
    integers: frozenset[tuple[str, str]] = frozenset()
    derived: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """``known``: both versions could be looked at. ``changed`` says what computes in another dtype, if anything does."""

    known: bool
    changed: str = ""


def compared(pair: Pair, inputs: dict[str, Any], *, thoroughly: bool = False) -> Answer:
    """Whether both versions compute in the same dtypes; versions that cannot be traced are run only ``thoroughly``."""
    with STAGES.stage("types inside"):
        loop = _traced(pair.before, inputs)
        rewrite = None if loop is None else _traced(pair.after, inputs)
        if loop is not None and rewrite is not None:
            found, error = attempt(lambda: _by_program(pair, loop, rewrite))
            if error is None:
                return Answer(True, found)
        return _as_run(pair, inputs) if thoroughly else Answer(False)


def _by_program(pair: Pair, loop: dict[str, Program], rewrite: dict[str, Program]) -> str:
    """The first change in the programs of the outputs that both versions compute with JAX."""
    for name in sorted(loop.keys() & rewrite.keys()):
        mine, other = loop[name], rewrite[name]
        theirs = _types(other, other.results)
        combined: set[str] = set()
        for result in mine.results:
            rows = [_types(mine, [row]) for row in _rows(mine, result)]
            if changed := _between_rows(rows) or next(_against(rows, theirs), ""):
                return changed
            if not rows and pair.lanes.get(name) is None:
                combined |= ADDING | ({str(getattr(mine.maker(result), "primitive", ""))} & PAIRWISE)
        if changed := _change(_types(mine, mine.results), theirs, combined):
            return f"the loop computes {changed}"
    return ""


def _between_rows(rows: list[Types]) -> str:
    for index, row in enumerate(rows[1:], 1):
        for kind in ("floats", "integers"):
            for name, dtype in sorted(getattr(row, kind)):
                first = _dtypes(getattr(rows[0], kind), name)
                if first and dtype not in first:
                    return f"row {index} computes {name} in {dtype}, row 0 in {', '.join(sorted(first))}"
    return ""


def _against(rows: list[Types], theirs: Types) -> Iterator[str]:
    for index, row in enumerate(rows):
        if changed := _change(row, theirs, extra=False):
            yield f"row {index} computes {changed}"


def _change(mine: Types, theirs: Types, combined: AbstractSet[str] = frozenset(), *, extra: bool = True) -> str:
    """The first primitive with another dtype, but for those that take rows together (``combined``)."""
    if not mine.floats or not theirs.floats:
        return ""
    pairs = [(mine.floats, theirs.floats, False)] + ([(theirs.derived, mine.floats, True)] if extra else [])
    for here, there, turned in pairs:
        everywhere = {dtype for _, dtype in there}
        for name, dtype in sorted(here):
            if name in combined:
                continue
            known = _dtypes(there, name) or everywhere
            if dtype not in known:
                ours, others = dtype, ", ".join(sorted(known))
                ours, others = (others, ours) if turned else (ours, others)
                return f"{name} in {ours}, the rewrite in {others}"
    return ""


def _dtypes(types: frozenset[tuple[str, str]], primitive: str) -> set[str]:
    return {dtype for name, dtype in types if name == primitive}


def _traced(call: Call, inputs: dict[str, Any]) -> dict[str, Program] | None:
    """The program of every output that JAX computes; None if the version cannot be traced."""
    found: dict[str, Program] = {}

    def trace(copies: dict[str, Any]) -> dict[str, Any]:
        found.update(_programs(call, copies))
        return {}

    outcome = observe(trace, inputs)
    return None if outcome.error is not None or outcome.refused else found


def _programs(call: Call, inputs: dict[str, Any]) -> dict[str, Program]:
    names: list[str] = []

    def traced(outputs: dict[str, Any]) -> list[Any]:
        parts = [(name, part) for name in outputs for part in jax.tree.leaves(outputs[name])]
        parts = [(name, part) for name, part in parts if isinstance(part, jax.Array)]
        names.extend(name for name, _ in parts)
        return [part for _, part in parts]

    arrays, version = variables_of(call, inputs)
    closed = jax.make_jaxpr(lambda variables: traced(version(variables)))(arrays)
    results = dict.fromkeys(names)
    return {
        name: Program(closed, [v for own, v in zip(names, closed.jaxpr.outvars, strict=True) if own == name])
        for name in results
    }


def _rows(program: Program, result: Any) -> list[Any]:
    """The rows that a result is stacked from; none where they cannot be told apart."""
    made = program.maker(result)
    while made is not None and str(made.primitive) in PASSED_ON:
        result = made.invars[0]
        made = program.maker(result)
    try:
        return program.rows(result)[0]
    except Unproven:
        return []


def _types(program: Program, results: list[Any]) -> Types:
    """The dtypes in everything that the results are computed from."""
    floats, integers, derived = set(), set(), set()
    fed = program.fed(lambda variable: _is_inexact(getattr(variable.aval, "dtype", None)))
    for equation in program.needed(results):
        for inner in _steps(equation):
            name, dtypes = str(inner.primitive), _used(inner)
            own = {(name, str(dtype)) for dtype in dtypes if _is_inexact(dtype)}
            floats |= own
            integers |= {(name, str(dtype)) for dtype in dtypes if not _is_inexact(dtype)}
            derived |= own if any(variable in fed for variable in _variables(equation.invars)) else set()
    return Types(frozenset(floats), frozenset(integers), frozenset(derived))


def _steps(equation: Any) -> Iterator[Any]:
    """What an equation computes: itself, or the steps of the programs that it runs."""
    inside = list(nested(equation))
    for inner in (step for program in inside for step in equations(program)) if inside else (equation,):
        if str(inner.primitive) not in MOVING and not any(True for _ in nested(inner)):
            yield inner


def _variables(operands: list[Any]) -> list[Any]:
    return [operand for operand in operands if not hasattr(operand, "val")]


def _used(equation: Any) -> set[Any]:
    """The dtypes of numbers that an equation reads and makes."""
    found = {getattr(variable.aval, "dtype", None) for variable in (*equation.invars, *equation.outvars)}
    return {dtype for dtype in found if dtype is not None and _is_number(dtype)}


def _is_number(dtype: Any) -> bool:
    return bool(jnp.issubdtype(dtype, jnp.number))


def _is_inexact(dtype: Any) -> bool:
    return dtype is not None and bool(jnp.issubdtype(dtype, jnp.inexact))


def _as_run(pair: Pair, inputs: dict[str, Any]) -> Answer:
    """The same for versions that cannot be traced, from the operations that they run; rows are not told apart."""
    mine, theirs = (_noted(call, inputs) for call in (pair.before, pair.after))
    if mine is None or theirs is None:
        return Answer(False)
    reduced = any(axis is None for axis in pair.lanes.values())
    changed = _change(mine, theirs, ADDING | PAIRWISE if reduced else frozenset())
    return Answer(True, f"the loop computes {changed}" if changed else "")


def _noted(call: Call, inputs: dict[str, Any]) -> Types | None:
    """The dtypes that ``call`` computes in, as it is run; None where that cannot be seen."""
    floats: set[tuple[str, str]] = set()

    def note(primitive: Any, operands: Any, results: Any) -> None:
        if str(primitive) not in MOVING:
            parts = jax.tree.leaves((operands, results))
            dtypes = {part.dtype for part in parts if hasattr(part, "dtype")}
            floats.update((str(primitive), str(dtype)) for dtype in dtypes if _is_inexact(dtype))

    recorder, error = attempt(lambda: _recorder(note))
    if error is not None:
        return None
    with recorder, jax.disable_jit():
        outcome = observe(call, inputs)
    seen = frozenset(floats)
    return None if outcome.error is not None or outcome.refused else Types(seen, derived=seen)


def _recorder(note: Callable[[Any, Any, Any], None]) -> contextlib.AbstractContextManager[None]:
    """Tells ``note`` every operation that is run. Raises where this version of JAX runs them in another way."""
    from jax._src import core  # noqa: PLC0415 - private: its absence is an answer

    trace: Any = core.EvalTrace
    original = trace.process_primitive

    def process_primitive(self: Any, primitive: Any, operands: Any, parameters: Any, /) -> Any:
        results = original(self, primitive, operands, parameters)
        note(primitive, operands, results)
        return results

    @contextlib.contextmanager
    def recording() -> Iterator[None]:
        trace.process_primitive = process_primitive
        try:
            yield
        finally:
            trace.process_primitive = original

    return recording()
