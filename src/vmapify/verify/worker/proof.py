"""The proof step: the loop does one and the same to every row, and the rewrite is vmap of just that.

Both versions are traced. The loop is taken apart at the place where its rows are stacked: if all rows come from the
same program, each reading its own row of the inputs or its index, nothing is carried from row to row. That program is vmapped and
traced again; if this gives the rewrite's program, rounding is all that can ever differ, for any inputs of these shapes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from . import host_arrays
from .attempt import attempt
from .observe import observe
from .program import equations, nested
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from collections.abc import Callable

    from .observe import Call
    from .pair import Pair

MOST_ROWS = 64
"""A loop is traced row by row, which takes as long as running it."""
INDEX = "index"
"""The key of the loop's index among the values of a row's variables."""


class Unproven(Exception):  # noqa: N818 (an answer, not a fault)
    """The programs have another form than the proof is made for; this says nothing against the rewrite."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row ``index`` of ``source``, an input or a constant, along ``axis``."""

    source: Any
    axis: int
    index: int


def proven(pair: Pair, inputs: dict[str, Any]) -> bool:
    """Whether the rewrite is vmap of the loop's body by construction."""
    answer: list[bool] = []

    def prove(copies: dict[str, Any]) -> dict[str, Any]:
        answer.append(_proven(pair, copies))
        return {}

    _, error = attempt(lambda: observe(prove, inputs))
    return error is None and answer == [True]


def _proven(pair: Pair, inputs: dict[str, Any]) -> bool:
    arrays, _ = variables_of(pair.before, inputs)
    loop, rewrite = Program(_trace(pair.before, inputs)), Program(_trace(pair.after, inputs))
    if loop.calls_out() or rewrite.calls_out():
        return (
            False  # a callback may raise, and which rows reach it is not part of the program: `cond` becomes `select`
        )
    if loop.effects or rewrite.effects or len(loop.results) != len(rewrite.results) or not loop.results:
        return False
    for mine, other in zip(loop.results, rewrite.results, strict=True):
        mapped, axis = loop.mapped(mine)
        built = Program(jax.make_jaxpr(lambda given, mapped=mapped, axis=axis: mapped(given, axis))(arrays))
        if built.key(built.results[0]) != rewrite.key(other):
            return False
    return True


def variables_of(call: Call, inputs: dict[str, Any]) -> tuple[list[Any], Callable[[list[Any]], dict[str, Any]]]:
    """The arrays among the inputs, and ``call`` as a function of them."""
    arrays: list[Any] = []
    convert(inputs, lambda value: arrays.append(value) if isinstance(value, jax.Array) else value)

    def version(variables: list[Any]) -> dict[str, Any]:
        rest = iter(variables)
        return call(convert(inputs, lambda value: next(rest) if isinstance(value, jax.Array) else value))

    return arrays, version


def _trace(call: Call, inputs: dict[str, Any]) -> Any:
    arrays, version = variables_of(call, inputs)

    def traced(variables: list[Any]) -> Any:
        outputs = version(variables)
        found = jax.tree.leaves(outputs)
        if not all(isinstance(part, jax.Array) for part in found):
            raise Unproven
        return found

    with host_arrays.traced():
        return jax.make_jaxpr(traced)(arrays)


class Program:
    """A traced program, as expressions that compare with ``==`` whatever the order of its steps."""

    def __init__(self, closed: Any, results: list[Any] | None = None) -> None:
        jaxpr = closed.jaxpr
        self.effects, self.results = jaxpr.effects, list(jaxpr.outvars) if results is None else results
        self._equations = jaxpr.eqns
        self._inputs = {variable: place for place, variable in enumerate(jaxpr.invars)}
        self._constants = dict(zip(jaxpr.constvars, closed.consts, strict=True))
        self._made = {out: (equation, i) for equation in jaxpr.eqns for i, out in enumerate(equation.outvars)}
        self._indices: set[int] = set()

    def calls_out(self) -> bool:
        """Whether it calls Python while it runs."""
        inner = (step for equation in self._equations for body in nested(equation) for step in equations(body))
        return any("callback" in str(step.primitive) for step in (*self._equations, *inner))

    def maker(self, variable: Any) -> Any:
        """The equation that computes a variable; None for inputs, constants and literals."""
        return None if hasattr(variable, "val") or variable not in self._made else self._made[variable][0]

    def needed(self, results: list[Any]) -> list[Any]:
        """The equations that some results are computed with."""
        wanted = {variable for variable in results if not hasattr(variable, "val")}
        found = []
        for equation in reversed(self._equations):
            if not wanted.isdisjoint(equation.outvars):
                found.append(equation)
                wanted |= {variable for variable in equation.invars if not hasattr(variable, "val")}
        return found

    def fed(self, chosen: Callable[[Any], bool]) -> set[Any]:
        """The variables that depend on ``chosen`` inputs or constants, with these."""
        found = {variable for variable in (*self._inputs, *self._constants) if chosen(variable)}
        for equation in self._equations:
            if any(not hasattr(variable, "val") and variable in found for variable in equation.invars):
                found.update(equation.outvars)
        return found

    def key(self, variable: Any, row: int | None = None, known: dict[Any, str] | None = None) -> str:
        """A digest of the expression; rows of the inputs are named relative to ``row`` if it is given."""
        known = {} if known is None else known
        if hasattr(variable, "val"):
            if row is not None and id(variable) in self._indices:
                return "index"
            return f"literal {np.asarray(variable.val).tolist()!r} {variable.aval}"
        if variable not in known:
            known[variable] = hashlib.sha256(self._text(variable, row, known).encode()).hexdigest()
        return known[variable]

    def _text(self, variable: Any, row: int | None, known: dict[Any, str]) -> str:
        if variable in self._inputs:
            return f"input {self._inputs[variable]}"
        if variable in self._constants:
            value = np.asarray(self._constants[variable])
            return f"constant {variable.aval} {hashlib.sha256(value.tobytes()).hexdigest()}"
        own = self.row_read(variable) if row is not None else None
        if own is not None and row is not None:
            return f"row {own.axis} {own.index - row} of {self.key(own.source, row, known)}"
        equation, place = self._made[variable]
        operands = " ".join(self.key(operand, row, known) for operand in equation.invars)
        return f"{equation.primitive} {_plain(equation.params)} ({operands}) {place}"

    def row_read(self, variable: Any) -> Row | None:
        """The row of an input that a variable is, if it is one."""
        equation, place = self._made.get(variable, (None, 0))
        if equation is None:
            return None
        name, source = str(equation.primitive), equation.invars[0]
        if name == "unstack" and self._is_given(source):
            return Row(source, equation.params["axis"], place)
        if (
            name != "squeeze"
            or len(equation.params["dimensions"]) != 1
            or hasattr(source, "val")
            or source not in self._made
        ):
            return None
        cut, axis = self._made[source][0], equation.params["dimensions"][0]
        if str(cut.primitive) != "slice" or not self._is_given(cut.invars[0]):
            return None
        starts, limits, shape = cut.params["start_indices"], cut.params["limit_indices"], cut.invars[0].aval.shape
        others = [d for d in range(len(shape)) if d != axis]
        whole = all(starts[d] == 0 and limits[d] == shape[d] for d in others)
        return Row(cut.invars[0], axis, starts[axis]) if whole else None

    def _is_given(self, variable: Any) -> bool:
        return not hasattr(variable, "val") and (variable in self._inputs or variable in self._constants)

    def mapped(self, result: Any) -> tuple[Any, int]:
        """What the loop does to a row, as a function that vmaps it over given inputs; and where the rows are stacked."""
        rows, axis = self.rows(result)
        if not 2 <= len(rows) <= MOST_ROWS:
            raise Unproven
        indices = self._counted(rows)
        if len({self.key(row, i) for i, row in enumerate(rows)}) != 1:
            raise Unproven
        reads: dict[Any, Row] = {}
        self._collect(rows[0], reads)

        def run(given: list[Any], out_axis: int) -> Any:
            batches = [_batch(self._value(read.source, {}, given), read, len(rows)) for read in reads.values()]

            def one(index: Any, *parts: Any) -> Any:
                values = dict(zip(reads, parts, strict=True))
                return self._value(rows[0], {**values, INDEX: index}, given)

            axes = (0, *(read.axis for read in reads.values()))
            return jax.vmap(one, in_axes=axes, out_axes=out_axis)(_numbered(indices), *batches)

        return run, axis

    def _counted(self, rows: list[Any]) -> range:
        """The index of the loop: whole numbers that grow evenly from row to row, and are the same ones everywhere.

        Where rows hold none, they are numbered.
        """
        literals = [self._literals(row, [], set()) for row in rows]
        if len({len(found) for found in literals}) != 1:
            raise Unproven
        columns = [column for column in zip(*literals, strict=True) if len({str(one.val) for one in column}) > 1]
        if not all(np.issubdtype(np.asarray(one.val).dtype, np.integer) for column in columns for one in column):
            raise Unproven
        found = {tuple(int(one.val) for one in column) for column in columns} or {tuple(range(len(rows)))}
        first = next(iter(found))
        step = first[1] - first[0]
        indices = range(first[0], first[0] + step * len(rows), step or 1)
        if found != {tuple(indices)}:
            raise Unproven
        self._indices = {id(one) for column in columns for one in column}
        return indices

    def _literals(self, variable: Any, found: list[Any], seen: set[Any]) -> list[Any]:
        """The numbers in an expression, in their order."""
        if hasattr(variable, "val"):
            found.append(variable)
        elif variable in self._made and variable not in seen and self.row_read(variable) is None:
            seen.add(variable)
            for operand in self._made[variable][0].invars:
                self._literals(operand, found, seen)
        return found

    def rows(self, result: Any) -> tuple[list[Any], int]:
        """The rows that a result is stacked from, and the axis. Raises Unproven where it is made otherwise."""
        if hasattr(result, "val") or result not in self._made:
            raise Unproven
        equation, _ = self._made[result]
        if str(equation.primitive) == "stack":
            return list(equation.invars), equation.params["axis"]
        if str(equation.primitive) != "concatenate":
            raise Unproven
        axis, rows = equation.params["dimension"], []
        for part in equation.invars:
            widened = self.maker(part)
            if widened is None or not hasattr(widened.invars[0].aval, "shape"):
                raise Unproven
            shape = widened.invars[0].aval.shape
            if str(widened.primitive) not in {"broadcast_in_dim", "reshape"} or part.aval.shape != (
                *shape[:axis],
                1,
                *shape[axis:],
            ):
                raise Unproven
            rows.append(widened.invars[0])
        return rows, axis

    def _collect(self, variable: Any, reads: dict[Any, Row]) -> None:
        if hasattr(variable, "val") or variable not in self._made or variable in reads:
            return
        own = self.row_read(variable)
        if own is not None:
            reads[variable] = own
            return
        for operand in self._made[variable][0].invars:
            self._collect(operand, reads)

    def _value(self, variable: Any, values: dict[Any, Any], given: list[Any]) -> Any:
        if hasattr(variable, "val"):
            return values[INDEX] if id(variable) in self._indices else variable.val
        if variable in self._inputs:
            return given[self._inputs[variable]]
        if variable in self._constants:
            return self._constants[variable]
        if variable not in values:
            equation, _ = self._made[variable]
            operands = [self._value(operand, values, given) for operand in equation.invars]
            # older versions give the functions among the parameters apart
            bound = equation.primitive.get_bind_params(equation.params)
            functions, parameters = bound if isinstance(bound, tuple) else ((), bound)
            results = equation.primitive.bind(*functions, *operands, **parameters)
            values.update(
                zip(equation.outvars, results if equation.primitive.multiple_results else [results], strict=True)
            )
        return values[variable]


def _numbered(indices: range) -> Any:
    """The indices as they are usually written: what is traced depends on that."""
    if indices.step != 1:
        return jnp.arange(indices.start, indices.stop, indices.step)
    return jnp.arange(indices.start, indices.stop) if indices.start else jnp.arange(indices.stop)


def _batch(array: Any, read: Row, count: int) -> Any:
    if read.index == 0 and array.shape[read.axis] == count:
        return array
    return jax.lax.slice_in_dim(array, read.index, read.index + count, axis=read.axis)


def _plain(parameters: dict[str, Any]) -> str:
    """Parameters as text, without addresses and strides of one, and with NumPy's integers as Python's."""
    strides = parameters.get("strides")
    shown = {**parameters, "strides": None} if strides and set(strides) == {1} else parameters
    text = " ".join(f"{name}={value}" for name, value in sorted(shown.items()))
    return re.sub(r"0x[0-9a-f]+", "", re.sub(r"np\.int\d+\((-?\d+)\)", r"\1", text))
