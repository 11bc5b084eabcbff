"""Methods of arrays, lists, dicts and tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import Array, Bound, Reference, Tuple
from vmapify.heap.objects import HostArray
from vmapify.library import buffers, containers, conversions, dispatch, numpy_functions
from vmapify.library.operands import as_array
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    import ast

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter


_RENAMED = {"flatten": "ravel"}
_EXTENTS = {"reshape", "transpose"}
"""Methods that take numbers one by one, where the function takes a tuple."""


def call(machine: Interpreter, function: Bound, args: Arguments, node: ast.AST) -> Value | None:
    """What a method of a built-in value gives; None if it is not modelled."""
    receiver = function.receiver
    if isinstance(receiver, Array):
        return _of_array(machine, receiver, function, args, node)
    found = machine.heap.peek(receiver.place) if isinstance(receiver, Reference) else None
    if isinstance(receiver, Reference) and isinstance(found, HostArray):
        return numpy_functions.method(machine, receiver, found, function.name, args)
    return containers.call(machine, receiver, function.name, args, node)


def _of_array(machine: Interpreter, receiver: Array, function: Bound, args: Arguments, node: ast.AST) -> Value | None:
    if function.detail:
        return _updated(machine, receiver, function, args)
    if function.name == "item":
        return conversions.item_of(machine, receiver, args, node)
    name, rest = _RENAMED.get(function.name, function.name), args.positional
    if name in _EXTENTS and len(rest) > 1:
        rest = (Tuple(rest),)
    return dispatch.call(machine, f"jax.numpy.{name}", Arguments((receiver, *rest), args.keywords), node)


def _updated(machine: Interpreter, receiver: Array, function: Bound, args: Arguments) -> Value | None:
    """``x.at[i].set(v)``."""
    value = as_array(machine, args.positional[0]) if len(args.positional) == 1 and not args.keywords else None
    if value is None or function.name not in buffers.UPDATES:
        return None
    return buffers.written(machine, receiver, function.detail[0], value, function.name)  # type: ignore[arg-type]
