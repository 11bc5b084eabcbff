"""Values of expressions."""

from __future__ import annotations

import ast
from contextlib import nullcontext
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer import attributes, calls, dtypes, host_packages, indexing, known_functions, shapes, statements
from vmapify.infer.callables import Frame, Function
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import ARRAYS, NONE, NUMBER, STRING, UNKNOWN, Kind, Value, holds_tracer, join
from vmapify.syntax import stored_names

if TYPE_CHECKING:
    from vmapify.infer.events import Grade
    from vmapify.infer.machine import Machine

SMALL = 1000  # index times less than this stays inside int32 for any batch that fits into memory
BY_NAME = "<compared with a string>"
MANY = 16  # literal sequences and unrolled comprehensions longer than this keep only their common element


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:  # noqa: PLR0912 - one arm a node type
    """The value of ``node``."""
    match node:
        case ast.Constant(value=constant):
            return _constant(constant)
        case ast.Name(id=name):
            return machine.lookup(name, frame)
        case ast.Attribute():
            return attributes.attribute(machine, node, frame)
        case ast.Subscript():
            return indexing.subscript(machine, node, frame)
        case ast.Call():
            return _call(machine, node, frame)
        case ast.BinOp(left=left, op=op, right=right):
            return binary(machine, machine.value(left, frame), op, machine.value(right, frame), node, frame)
        case ast.UnaryOp():
            return _unary(machine, node, frame)
        case ast.BoolOp(values=values):
            return _boolean(machine, node, values, frame)
        case ast.Compare():
            return _compare(machine, node, frame)
        case ast.IfExp():
            return _conditional(machine, node, frame)
        case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
            return _sequence(machine, node, elts, frame)
        case ast.Dict():
            return _dict(machine, node, frame)
        case ast.Lambda():
            return Value(Kind.FUNCTION, target=Function(node, frame), ident="lambda", born=machine.epoch)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(machine, node, frame)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            found = machine.value(value, frame)
            # what stands behind `and` or in a branch may not be reached
            frame.values[name] = join(frame.values[name], found) if name in frame.values else found
            return found
        case ast.JoinedStr():
            return _formatted(machine, node, frame)
        case ast.Starred(value=value):
            return machine.value(value, frame)
        case ast.Await() | ast.Yield() | ast.YieldFrom():
            machine.event("fatal", "early-exit", "hands-over-control", node, frame)
    return machine.unknown()


def _constant(constant: object) -> Value:
    match constant:
        case None:
            return NONE
        case bool():
            return Value(Kind.NUMBER, dtype="bool", const=constant)
        case int():
            return Value(Kind.NUMBER, dtype="int", number=Linear(constant), const=constant)
        case float():
            return Value(Kind.NUMBER, dtype="float", const=constant)
        case complex():
            return Value(Kind.NUMBER, dtype="complex", const=constant)
        case str():
            return Value(Kind.STRING, const=constant)
        case bytes():
            return STRING
    return UNKNOWN


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    function = machine.value(node.func, frame)
    # what is only shown may be a tracer: that the text changes is told as an effect
    with machine.muted() if known_functions.only_shows(function) else nullcontext():
        args = calls.arguments(machine, node, frame)
    return machine.call(function, args, node, frame)


def extent(value: Value, axis: int) -> Linear | None:
    """The length of ``value`` along ``axis``, as a symbol of its own where nothing more is known."""
    if value.shape is not None and -len(value.shape) <= axis < len(value.shape):
        known = value.shape[axis]
        if known is not None:
            return known
    if value.kind in {Kind.LIST, Kind.TUPLE} and axis == 0:
        if value.items is not None:
            return Linear(len(value.items))
        if value.number is not None:
            return value.number
    return shapes.axis_symbol(value.ident, axis) if value.ident is not None else None


def element(machine: Machine, value: Value) -> Value:
    """What iterating over ``value`` gives."""
    if value.element is not None:
        return value.element
    if value.items:
        joined = value.items[0]
        for item in value.items[1:]:
            joined = join(joined, item)
        return joined
    if value.kind in ARRAYS:
        shape = value.shape[1:] if value.shape else None
        assumed = value.assumed.part if value.assumed is not None else None
        return Value(value.kind, traced=value.traced, shape=shape, dtype=value.dtype, assumed=assumed)
    if value.kind in {Kind.DICT, Kind.SET}:
        return STRING if value.kind is Kind.DICT else machine.unknown(value.traced)
    if value.kind in {Kind.SHAPE, Kind.RANGE}:
        return Value(Kind.NUMBER, dtype="int")
    return machine.unknown(value.traced)


def binary(machine: Machine, left: Value, op: ast.operator, right: Value, node: ast.AST, frame: Frame) -> Value:
    """``left op right``."""
    traced = holds_tracer(left) or holds_tracer(right)
    for value in (left, right):
        machine.used_as_array(value)
    if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER and not traced:
        return _number(left, op, right)
    if Kind.STRING in {left.kind, right.kind}:
        if traced:
            machine.event("fatal", "value-conversion", "makes-string", node, frame, left, right, expression=node)
        return STRING
    if Kind.INSTANCE in {left.kind, right.kind}:
        return _own_operator(machine, left, right, node, frame)
    if left.kind in {Kind.LIST, Kind.TUPLE} and right.kind in {Kind.LIST, Kind.TUPLE, Kind.NUMBER}:
        return _concatenated(machine, left, op, right)
    if left.kind in ARRAYS or right.kind in ARRAYS or traced:
        index = traced and all(
            part.index or (part.kind in {Kind.NUMBER, Kind.UNKNOWN} and not part.traced) for part in (left, right)
        )
        both_numpy = Kind.ARRAY not in {left.kind, right.kind} and not traced
        if both_numpy and Kind.UNKNOWN in {left.kind, right.kind}:
            return machine.unknown()
        return _array_result(machine, left, op, right, index, both_numpy, node, frame)
    return machine.unknown(traced)


def _own_operator(machine: Machine, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    """An operator of a class of the project is a call that is not followed here."""
    machine.event("unknown", "opaque-callee", "own-operator", node, frame, expression=node)
    return machine.unknown(holds_tracer(left) or holds_tracer(right))


def _array_result(
    machine: Machine,
    left: Value,
    op: ast.operator,
    right: Value,
    index: bool,
    numpy: bool,
    node: ast.AST,
    frame: Frame,
) -> Value:
    if isinstance(op, ast.MatMult):
        shape = shapes.matmul(left, right)
    elif Kind.UNKNOWN in {left.kind, right.kind} and not index:
        shape = None
    else:
        shape = shapes.broadcast([left, right])
    dtype = dtypes.promote([left, right])
    if isinstance(op, ast.Div) and dtype in {"int", "bool"}:
        dtype = "float"
    made = machine.array(node, frame, holds_tracer(left) or holds_tracer(right), shape=shape, dtype=dtype, index=index)
    if not isinstance(op, ast.MatMult):
        made = made._replace(ident=shapes.common_name([left, right]) or made.ident)
    _index_event(machine, left, op, right, node, frame)
    return made._replace(kind=Kind.NDARRAY) if numpy else made


def _index_event(machine: Machine, left: Value, op: ast.operator, right: Value, node: ast.AST, frame: Frame) -> None:
    """Arithmetic with the loop index: Python computes it exactly or in double precision, the device in 32 bits."""
    if not (left.index or right.index):
        return
    other = right if left.index else left
    if other.kind in ARRAYS and not other.index:
        if isinstance(op, ast.Pow):
            machine.event("unknown", "index-arithmetic", "power", node, frame)
        elif other.dtype not in {"float", "complex"}:
            machine.event("unknown", "output-dtype", "index-widens", node, frame)
        return
    known = other.number.value if other.number is not None else other.const
    small = other.index or (isinstance(known, int) and abs(known) < SMALL)
    if not (small and isinstance(op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod)):
        machine.event("unknown", "index-arithmetic", "width", node, frame)


def _number(left: Value, op: ast.operator, right: Value) -> Value:
    number = None
    if left.number is not None and right.number is not None:
        match op:
            case ast.Add():
                number = left.number + right.number
            case ast.Sub():
                number = left.number - right.number
            case ast.Mult():
                number = left.number.times(right.number)
            case ast.FloorDiv() if left.number.value is not None and right.number.value:
                number = Linear(left.number.value // right.number.value)
    dtype = "int" if left.dtype == right.dtype == "int" and not isinstance(op, ast.Div) else "float"
    return Value(Kind.NUMBER, dtype=dtype, number=number)


def _concatenated(machine: Machine, left: Value, op: ast.operator, right: Value) -> Value:
    items = None
    if isinstance(op, ast.Add) and left.items is not None and right.items is not None:
        items = left.items + right.items
    if (
        isinstance(op, ast.Mult)
        and left.items is not None
        and right.number is not None
        and right.number.value is not None
    ):
        items = left.items * right.number.value if len(left.items) * right.number.value <= MANY else None
    parts = [element(machine, value) for value in (left, right) if value.kind in {Kind.LIST, Kind.TUPLE}]
    common = parts[0] if len(parts) == 1 else join(*parts)
    return Value(left.kind, items=items, element=None if items is not None else common, born=machine.epoch)


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = machine.value(node.operand, frame)
    if isinstance(node.op, ast.Not):
        truth(machine, value, node.operand, frame)
        answer = decided(machine, value)
        return Value(Kind.NUMBER, dtype="bool", const=None if answer is None else not answer)
    number = value.number.scaled(-1) if value.number is not None and isinstance(node.op, ast.USub) else None
    return value._replace(number=number, ident=value.ident if value.kind in ARRAYS else None, const=None)


def truth(machine: Machine, value: Value, node: ast.expr, frame: Frame) -> None:
    """Python asks for the truth of ``value``: a tracer has none."""
    if value.traced and value.kind in {Kind.ARRAY, Kind.NDARRAY, Kind.UNKNOWN, Kind.NUMBER}:
        grade: Grade = "unknown" if value.kind is Kind.UNKNOWN else "fatal"
        machine.event(grade, "python-branch-on-value", "decided", node, frame, value, test=node)


def decided(machine: Machine, test: Value) -> bool | None:
    """Whether ``test`` is true, where the source shows that for the call that is followed; else None."""
    if not machine.is_recording or holds_tracer(test):
        return None
    if test.kind in {Kind.FUNCTION, Kind.CLASS, Kind.MODULE}:
        return True
    if test.kind is Kind.NONE:
        return False
    plain = test.kind in {Kind.NUMBER, Kind.STRING} and test.const is not None
    return bool(test.const) if plain else None


def _boolean(machine: Machine, node: ast.BoolOp, values: list[ast.expr], frame: Frame) -> Value:
    """``a and b``: what stands behind an operand that decides is not reached, and perhaps not behind one that may."""
    stops = isinstance(node.op, ast.Or)
    found: list[Value] = []
    certain = True
    for part in values:
        with nullcontext() if certain else machine.perhaps():
            value = machine.value(part, frame)
        if part is not values[-1]:
            truth(machine, value, part, frame)
        answer = decided(machine, value)
        if answer is None or answer is stops or part is values[-1]:
            found.append(value)
        if answer is stops:
            break
        certain = certain and answer is not None
    return reduce(join, found)


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    operands = [machine.value(part, frame) for part in (node.left, *node.comparators)]
    traced = any(holds_tracer(value) for value in operands)
    if all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
        return Value(Kind.NUMBER, dtype="bool", const=_is_none(node.ops, operands))
    if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
        if traced and (operands[0].traced or operands[-1].kind is not Kind.DICT):
            machine.event("fatal", "python-branch-on-value", "membership", node, frame, *operands, test=node)
        return Value(Kind.NUMBER, dtype="bool")
    if host_packages.compares(machine, operands, node, frame):
        return machine.unknown(traced=True)
    if traced and any(value.kind is Kind.STRING for value in operands):
        machine.event("fatal", "not-arrays", "compared-with-string", node, frame, *operands, test=node)
        return Value(Kind.NUMBER, dtype="bool", ident=BY_NAME)
    arrays = any(value.kind in ARRAYS for value in operands)
    for value in operands:
        machine.used_as_array(value)
    if not traced and not arrays:
        return Value(Kind.NUMBER, dtype="bool") if Kind.UNKNOWN not in {v.kind for v in operands} else machine.unknown()
    if len(operands) > 2:
        machine.event("fatal", "python-branch-on-value", "chained", node, frame, *operands, test=node)
    shape = shapes.broadcast(operands) if Kind.UNKNOWN not in {value.kind for value in operands} else None
    made = machine.array(node, frame, traced, dtype="bool", shape=shape)
    return made._replace(ident=shapes.common_name(operands) or made.ident)


def _is_none(ops: list[ast.cmpop], operands: list[Value]) -> bool | None:
    """What ``x is None`` and ``x is not None`` give; None where ``x`` may be anything, or something else is asked."""
    if len(ops) != 1 or operands[1].kind is not Kind.NONE or operands[0].kind is Kind.UNKNOWN:
        return None
    if operands[0].assumed is not None:
        return None
    return (operands[0].kind is Kind.NONE) is isinstance(ops[0], ast.Is)


def _conditional(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    test = machine.value(node.test, frame)
    truth(machine, test, node.test, frame)
    answer = decided(machine, test)
    if answer is not None:
        return machine.value(node.body if answer else node.orelse, frame)
    with machine.perhaps():
        return join(machine.value(node.body, frame), machine.value(node.orelse, frame))


def _sequence(machine: Machine, node: ast.expr, elts: list[ast.expr], frame: Frame) -> Value:
    kind = {ast.Tuple: Kind.TUPLE, ast.List: Kind.LIST}.get(type(node), Kind.SET)
    values = [machine.value(part, frame) for part in elts]
    if any(isinstance(part, ast.Starred) for part in elts) or len(elts) > MANY:
        joined = values[0]
        for value in values[1:]:
            joined = join(joined, value)
        return Value(kind, element=joined, born=machine.epoch)
    return Value(kind, items=tuple(values), born=machine.epoch)


def _dict(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    values = [machine.value(part, frame) for part in node.values]
    for key in node.keys:
        if key is not None and holds_tracer(machine.value(key, frame)):
            machine.event("fatal", "static-index", "key-of-dict", node, frame, key=key)
    joined = values[0] if values else None
    for value in values[1:]:
        joined = join(joined, value) if joined is not None else value
    names = tuple(key.value if isinstance(key, ast.Constant) else None for key in node.keys)
    items = tuple(values) if all(isinstance(name, str) for name in names) else None
    return Value(Kind.DICT, items=items, const=names if items is not None else None, element=joined, born=machine.epoch)


def _formatted(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    for part in node.values:
        if isinstance(part, ast.FormattedValue) and holds_tracer(machine.value(part.value, frame)):
            machine.event("fatal", "value-conversion", "formatted", node, frame, value=part.value)
    return STRING


def _comprehension(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> Value:
    inside = Frame(frame.module, frame.scope, frame)
    made = _elements(machine, node, inside)
    for name in stored_names([node]) & inside.values.keys():  # `:=` stores into the scope around
        found = inside.values[name]._replace(number=None, const=None)
        frame.values[name] = join(frame.values[name], found) if name in frame.values else found
    return made


def _elements(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, inside: Frame
) -> Value:
    count: Linear | None = None
    for clause in node.generators:
        source = machine.value(clause.iter, inside)
        count = _length(source)
        statements.bind(machine, clause.target, element(machine, source), inside)
        for test in clause.ifs:
            truth(machine, machine.value(test, inside), test, inside)
            count = None
    if isinstance(node, ast.DictComp):
        machine.value(node.key, inside)
        return Value(Kind.DICT, element=machine.value(node.value, inside), born=machine.epoch)
    made = machine.value(node.elt, inside)
    kinds: dict[type[ast.expr], Kind] = {ast.ListComp: Kind.LIST, ast.SetComp: Kind.SET}
    size = count.value if count is not None and len(node.generators) == 1 else None
    items = (made,) * size if size is not None and 0 <= size <= MANY else None
    number = count if isinstance(node, ast.ListComp) and len(node.generators) == 1 else None
    return Value(kinds.get(type(node), Kind.ITERATOR), items=items, element=made, number=number, born=machine.epoch)


def _length(source: Value) -> Linear | None:
    if source.kind in ARRAYS:
        return extent(source, 0)
    if source.kind in {Kind.RANGE, Kind.LIST} and source.number is not None:
        return source.number
    return Linear(len(source.items)) if source.items else None


__all__ = ["NUMBER", "binary", "element", "evaluate", "extent", "truth"]
