"""The truth of values, and what `and`, `or` give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, term
from vmapify.domain.value import (
    Applied,
    Array,
    Bound,
    ClassValue,
    Function,
    Library,
    Number,
    Reference,
    Singleton,
    Text,
    Tuple,
)
from vmapify.heap.objects import DictObject, Instance, ListObject
from vmapify.interpret import branches

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running


def truth(machine: Running, value: Value, node: ast.AST) -> bool | Term:
    """Whether Python takes ``value`` for true: known, or a term that is the same in every iteration.

    Raises:
        Unproven: it differs between iterations, or asking runs code that is not modelled, in a loop.
    """
    found = _truth(machine, value)
    if isinstance(found, Term) and found.lanes:
        machine.unproven("branch-on-row", "", node)
    if found is None:
        machine.opaque("bool", (value,), node)
        return term("truth-of", len(machine.log))
    return found


def _truth(machine: Running, value: Value) -> bool | Term | None:
    match value:
        case Number(_, number):
            if number.op == "truth":
                return bool(number.args[0])
            whole = integers.known(number)
            return number if whole is None else whole != 0
        case Text(text):
            return bool(text.args[0]) if text.op == "text" else text
        case Singleton(name):
            return name != "None"
        case Tuple(items):
            return bool(items)
        case Array(whole):
            return term("truth", whole) if not whole.lanes or not machine.level else whole
        case Function() | Library() | ClassValue() | Applied() | Bound():
            return True
        case Reference(place):
            return _of_object(machine, place)
    return None


def _of_object(machine: Running, place: int) -> bool | None:
    match machine.heap.read(place):
        case ListObject(parts):
            # what a loop put in may be nothing
            return bool(parts) if not parts or any(not hasattr(one, "count") for one in parts) else None
        case DictObject(items):
            return bool(items)
        case Instance(cls) if machine.method(cls, "__bool__") is None and machine.method(cls, "__len__") is None:
            return True
    return None


def boolean(machine: Running, node: ast.BoolOp, frame: int) -> Value:
    """``a and b``, ``a or b``."""
    wanted = isinstance(node.op, ast.Or)
    return _rest(machine, node, 0, frame, wanted)


def _rest(machine: Running, node: ast.BoolOp, position: int, frame: int, wanted: bool) -> Value:
    value = machine.value(node.values[position], frame)
    if position == len(node.values) - 1:
        return value
    answer = truth(machine, value, node)
    if isinstance(answer, bool):
        return value if answer == wanted else _rest(machine, node, position + 1, frame, wanted)

    def other() -> Value:
        return _rest(machine, node, position + 1, frame, wanted)

    one, two = (lambda: value), other
    return branches.either(machine, answer, one, two) if wanted else branches.either(machine, answer, two, one)
