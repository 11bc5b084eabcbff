"""What a loop has collected, as one array: `jnp.stack`, `jnp.array`, `jnp.concatenate` of a list of all its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.dtypes import ANY, FLOATING, DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Number, Reference, Value
from vmapify.heap.objects import Lanes, ListObject
from vmapify.library.operands import as_array, integer

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def stack(array: Array, lane: Term, count: Term, axis: int) -> Array | None:
    """The array of all lanes of ``array``, stacked along ``axis``; None if there is no such axis."""
    shape = None
    if array.shape is not None:
        rank = len(array.shape) + 1
        if not -rank <= axis < rank:
            return None
        axis %= rank
        shape = (*array.shape[:axis], count, *array.shape[axis:])
    return Array(term("stack", lane.args[0], count, axis, array.term), array.dtype, shape)


def collected(machine: Interpreter, value: Value, *, numbers: bool = False) -> Lanes | None:
    """The part of a list that holds what all iterations of one loop put in, if that is all it holds: an array each.

    ``numbers``: or a number each.
    """
    found = machine.heap.read(value.place) if isinstance(value, Reference) else None
    if not isinstance(found, ListObject) or len(found.parts) != 1 or not isinstance(found.parts[0], Lanes):
        return None
    part = found.parts[0]
    if not isinstance(part.value, Array | Reference | (Number if numbers else Array)):
        return None
    array = as_array(machine, part.value)
    return Lanes(part.lane, part.count, array) if array is not None else None


def rows(machine: Interpreter, value: Value, *, numbers: bool = False) -> Array | None:
    """A list of all results of a loop as the array whose rows they are: functions of sequences take either."""
    part = collected(machine, value, numbers=numbers)
    return stack(part.value, part.lane, part.count, 0) if part is not None and isinstance(part.value, Array) else None


def nested(machine: Interpreter, value: Value) -> Array | None:
    """A list of arrays, or of such lists, as one array; None if it is anything else."""
    found = machine.heap.read(value.place) if isinstance(value, Reference) else None
    if not isinstance(found, ListObject) or len(found.parts) != 1 or not isinstance(found.parts[0], Lanes):
        return None
    part = found.parts[0]
    inner = part.value if isinstance(part.value, Array) else nested(machine, part.value)
    return stack(inner, part.lane, part.count, 0) if inner is not None else None


def strong(array: Array) -> Array | None:
    """``array`` without a weak type; None if it is not known whether it has one."""
    if array.dtype is None:
        return None
    dtype = array.dtype if array.dtype in {ANY, FLOATING} else DType(array.dtype.name)
    return Array(array.term, dtype, array.shape, array.like)


def _stack(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``jnp.stack(rows, axis=0)``."""
    given = dict(zip(("arrays", "axis"), args.positional, strict=False)) | dict(args.keywords)
    if set(given) - {"arrays", "axis"} or len(args.positional) > 2 or "arrays" not in given:
        return None
    axis = integer(given["axis"]) if "axis" in given else 0
    part = collected(machine, given["arrays"])
    if part is None or axis is None or not isinstance(part.value, Array):
        return None
    return stack(part.value, part.lane, part.count, axis)


def _concatenate(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``jnp.concatenate([x[None], …])`` is a stack."""
    axis = integer(args.keywords["axis"]) if "axis" in args.keywords else 0
    if len(args.positional) != 1 or set(args.keywords) - {"axis"} or axis != 0:
        return None
    part = collected(machine, args.positional[0])
    if part is None or not isinstance(part.value, Array) or part.value.term.op != "index":
        return None
    whole, entries = part.value.term.args
    if entries != (("new",),):
        return None
    shape = part.value.shape[1:] if part.value.shape is not None else None
    return stack(Array(whole, part.value.dtype, shape), part.lane, part.count, 0)


HANDLERS: dict[str, Handler] = {
    "jax.numpy.stack": _stack,
    "jax.numpy.concatenate": _concatenate,
}
