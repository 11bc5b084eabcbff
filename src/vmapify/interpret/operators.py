"""Operators: arithmetic, comparison, truth of what they give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import term
from vmapify.domain.value import (
    Array,
    ClassValue,
    DTypeOf,
    Function,
    HostScalar,
    Number,
    Outer,
    Reference,
    Singleton,
    Text,
    Tuple,
)
from vmapify.heap.objects import HostArray, Lanes, ListObject
from vmapify.library import array_operators
from vmapify.library.host_arrays import host_binary

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running

_ARITHMETIC = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "true_divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.LShift: "left_shift",
    ast.RShift: "right_shift",
}
_COMPARISON = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_INTEGER = {
    "add": integers.add,
    "subtract": integers.subtract,
    "multiply": integers.multiply,
}


def binary(machine: Running, node: ast.BinOp, frame: int) -> Value:
    """``left op right``."""
    left = machine.value(node.left, frame)
    return combined(machine, _ARITHMETIC[type(node.op)], left, machine.value(node.right, frame), node)


def operation(op: ast.operator) -> str:
    """The name of the function of arrays that an operator is."""
    return _ARITHMETIC[type(op)]


def combined(machine: Running, name: str, left: Value, right: Value, node: ast.AST) -> Value:
    """The value of an arithmetic operator."""
    found = _combined(machine, name, left, right)
    return found if found is not None else machine.opaque(name, (left, right), node)


def _combined(machine: Running, name: str, left: Value, right: Value) -> Value | None:
    match left, right:
        case Number(), Number():
            return numbers(machine, name, left, right)
        case (Array(), Array() | Number() | HostScalar()) | (Number() | HostScalar(), Array()):
            return array_operators.arithmetic(machine, name, left, right)
        case Tuple(one), Tuple(other) if name == "add":
            return Tuple((*one, *other))
        case Text(one), Text(other) if name == "add":
            return Text(term("joined", one, other))
        case Reference(), Reference() if name == "add" and _is_list(machine, left) and _is_list(machine, right):
            return machine.heap.new(ListObject((*_parts(machine, left), *_parts(machine, right))))
        case (Reference(), Number()) | (Number(), Reference()) if name == "multiply":
            return _repeated(machine, left, right) or _of_host_arrays(machine, name, left, right)
    return _of_host_arrays(machine, name, left, right)


def _of_host_arrays(machine: Running, name: str, left: Value, right: Value) -> Value | None:
    """Arithmetic of NumPy arrays; with an array of JAX it is JAX that computes."""
    host = [isinstance(one, Reference) and isinstance(machine.heap.peek(one.place), HostArray) for one in (left, right)]
    others = [one for one, is_host in zip((left, right), host, strict=True) if not is_host]
    if not any(host) or not all(isinstance(one, Array | Number | HostScalar) for one in others):
        return None
    if any(isinstance(one, Array) for one in others):
        return array_operators.arithmetic(machine, name, left, right)
    return host_binary(machine, name, left, right)


def _is_list(machine: Running, value: Reference) -> bool:
    return isinstance(machine.heap.peek(value.place), ListObject)


def _parts(machine: Running, value: Reference) -> tuple[Value | Lanes, ...]:
    found = machine.heap.read(value.place)
    assert isinstance(found, ListObject)
    return found.parts


def _repeated(machine: Running, left: Value, right: Value) -> Value | None:
    one, count = (left, right) if isinstance(left, Reference) else (right, left)
    assert isinstance(one, Reference) and isinstance(count, Number)
    times = integers.known(count.term) if count.kind == "int" else None
    if not _is_list(machine, one) or times is None or times > 64:
        return None
    return machine.heap.new(ListObject(_parts(machine, one) * times))


def numbers(machine: Running, name: str, left: Number, right: Number) -> Value | None:
    """Arithmetic of Python numbers."""
    kinds = {left.kind, right.kind}
    if kinds <= {"int", "bool"} and name in _INTEGER and "bool" not in kinds:
        return Number("int", _INTEGER[name](left.term, right.term))
    if kinds == {"int"} and name in {"floor_divide", "remainder"}:
        if not machine.bounds.is_positive(right.term):
            return None
        whole = integers.divide if name == "floor_divide" else integers.modulo
        found = whole(left.term, right.term)
        return Number("int", found) if found is not None else None
    if name not in {"add", "subtract", "multiply", "true_divide", "power", "floor_divide", "remainder"}:
        return None
    if (name == "power" and kinds == {"int"}) or ("complex" in kinds and name not in _INTEGER):
        return None
    wider = next((one for one in ("complex", "real", "float") if one in kinds), "int")
    kind = "float" if wider == "int" and name == "true_divide" else wider
    # a division by zero, or an overflow, is the same error in both versions, unless it depends on the iteration
    if left.term.lanes | right.term.lanes and kind != "int" and name not in {"add", "subtract", "multiply"}:
        return None
    return Number(kind, term("python", name, left.kind, left.term, right.kind, right.term))


def unary(machine: Running, node: ast.UnaryOp, frame: int) -> Value:
    """``-x``, ``+x``, ``~x``, ``not x``."""
    value = machine.value(node.operand, frame)
    if isinstance(node.op, ast.Not):
        truth = machine.truth(value, node)
        return Number("bool", integers.truth(not truth) if isinstance(truth, bool) else term("not", truth))
    found = _unary(machine, node.op, value)
    return found if found is not None else machine.opaque(type(node.op).__name__, (value,), node)


def _unary(machine: Running, op: ast.unaryop, value: Value) -> Value | None:
    if isinstance(value, Number) and value.kind == "int" and isinstance(op, ast.USub):
        return Number("int", integers.scale(value.term, -1))
    if isinstance(value, Number) and value.kind == "float" and isinstance(op, ast.USub):
        return Number("float", term("python", "negative", value.term))
    if isinstance(value, Array):
        return array_operators.unary(machine, type(op).__name__, value)
    return None


def compare(machine: Running, node: ast.Compare, frame: int) -> Value:
    """``left op right``, and chains of such."""
    left = machine.value(node.left, frame)
    if len(node.ops) > 1:
        first, *others = node.comparators
        every = (left, machine.value(first, frame), *(_pure(machine, part, frame) for part in others))
        if all(isinstance(one, Number) for one in every) and not any(one.term.lanes for one in every):  # type: ignore[union-attr]
            names = tuple(_COMPARISON.get(type(op), "") for op in node.ops)
            return Number("bool", term("chained", names, tuple((one.kind, one.term) for one in every)))  # type: ignore[union-attr]
        return machine.opaque("compare", every, node)
    right = machine.value(node.comparators[0], frame)
    found = _compared(machine, node.ops[0], left, right)
    return found if found is not None else machine.opaque(type(node.ops[0]).__name__, (left, right), node)


def _pure(machine: Running, node: ast.expr, frame: int) -> Value:
    """The value of an operand that may not be evaluated.

    Raises:
        Unproven: it would be seen whether it is.
    """
    before, log = machine.heap.copy(), machine.log
    value = machine.value(node, frame)
    if machine.log != log or machine.heap.differs(before):
        machine.unproven("unmodelled", "compare", node)
    return value


def _compared(machine: Running, op: ast.cmpop, left: Value, right: Value) -> Value | None:
    if isinstance(op, ast.Is | ast.IsNot):
        same = identical(machine, left, right)
        return Number("bool", integers.truth(same == isinstance(op, ast.Is))) if same is not None else None
    name = _COMPARISON.get(type(op))
    if name is None:
        return None
    match left, right:
        case Number(), Number():
            return _of_numbers(name, left, right)
        case (Text(one), Text(other)) | (DTypeOf(one), DTypeOf(other)) if name in {"equal", "not_equal"}:
            if one.lanes or other.lanes:
                return None
            if one.op == other.op == "text":
                return Number("bool", integers.truth((one is other) == (name == "equal")))
            return Number("bool", term("compared", name, one, other))
        case (Array(), Array() | Number() | HostScalar()) | (Number() | HostScalar(), Array()):
            return array_operators.comparison(machine, name, left, right)
    return None


def _of_numbers(name: str, left: Number, right: Number) -> Value:
    one, other = integers.known(left.term), integers.known(right.term)
    if left.kind == right.kind == "int" and one is not None and other is not None:
        answers = {
            "equal": one == other,
            "not_equal": one != other,
            "less": one < other,
            "less_equal": one <= other,
            "greater": one > other,
            "greater_equal": one >= other,
        }
        return Number("bool", integers.truth(answers[name]))
    return Number("bool", term("compared", name, left.kind, left.term, right.kind, right.term))


def identical(machine: Running, left: Value, right: Value) -> bool | None:
    """``left is right``, if that is certain."""
    known = (Number, Array, Tuple, Text, Singleton, Reference, Outer, Function, ClassValue)
    if isinstance(left, Singleton) or isinstance(right, Singleton):
        return left == right if isinstance(left, known) and isinstance(right, known) else None
    if isinstance(left, Reference) and isinstance(right, Reference):
        return left.place == right.place
    return None
