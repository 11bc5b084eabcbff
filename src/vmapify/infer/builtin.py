"""What Python's builtins do to traced values."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer import expressions, host_packages, lookup
from vmapify.infer.callables import Arguments, ClassTarget, External
from vmapify.infer.closures import reached
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import NONE, NUMBER, STRING, Kind, Value, holds_tracer, join
from vmapify.syntax import last_name

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

    Handler = Callable[[Machine, Arguments, ast.Call, Frame], Value]

ARRAY_CLASSES = {"jax.Array", "jax.numpy.ndarray", "chex.Array"}
CONVERSIONS = {"float": "float", "int": "int", "bool": "bool", "complex": "complex"}


def call(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of calling builtin ``name``."""
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler(machine, args, node, frame)
    if name in CONVERSIONS:
        return _convert(machine, name, args, node, frame)
    if name in {"str", "repr", "format", "ascii", "chr", "hash", "type", "id"}:
        return _identified(machine, name, args, node, frame)
    if name in {"isinstance", "issubclass"}:
        return _isinstance(machine, args, node, frame)
    if name in {"hasattr", "callable", "dir"}:
        return machine.unknown()
    if name == "super":
        return machine.unknown(ident="super()")
    if name in {"ValueError", "TypeError", "RuntimeError", "KeyError", "NotImplementedError", "Exception"}:
        return machine.unknown()
    return machine.unknown(reached(machine, args))


def _convert(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    value = args.positional[0] if args.positional else NUMBER
    if holds_tracer(value):
        machine.event("fatal", "value-conversion", "called", node, frame, value, function=name, argument=_first(node))
    return Value(Kind.NUMBER, dtype=CONVERSIONS[name], number=value.number if name == "int" else None)


def _identified(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``str``, ``hash``, ``type`` and ``id`` of a tracer say something else than those of an array."""
    if args.traced:
        machine.event(
            "fatal", "value-conversion", "identified", node, frame, *args.every, function=name, argument=_first(node)
        )
    return STRING if name in {"str", "repr", "format", "ascii", "chr"} else machine.unknown()


def _first(node: ast.Call) -> ast.expr | str:
    return node.args[0] if node.args else ""


def _isinstance(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``isinstance(x, jax.Array)`` is true for a tracer as for an array; any other test may answer differently."""
    value = args.positional[0] if args.positional else NUMBER
    wanted = args.positional[1] if len(args.positional) > 1 else NUMBER
    classes = wanted.items if wanted.items is not None else (wanted,)
    arrays = [isinstance(c.target, External) and c.target.name in ARRAY_CLASSES for c in classes]
    if _is_jax_array(value) and (any(arrays) or all(map(_is_no_array_class, classes))):
        return Value(Kind.NUMBER, dtype="bool", const=any(arrays))  # the same for an array and for a tracer
    if value.traced and value.kind in {Kind.ARRAY, Kind.UNKNOWN} and not any(arrays):
        machine.event("fatal", "python-branch-on-value", "type-test", node, frame, value, test=node)
    return Value(Kind.NUMBER, dtype="bool")


def _is_no_array_class(wanted: Value) -> bool:
    """Whether no array of JAX, and no tracer, is an instance of the class; protocols say themselves what is."""
    match wanted.target:
        case External(name):
            return name.startswith(("builtins.", "numpy.", "numbers.")) and not name.endswith(".object")
        case ClassTarget(node):
            return not node.keywords and not any(last_name(base) in {"Protocol", "ABC"} for base in node.bases)
    return False


def _is_jax_array(value: Value) -> bool:
    """Whether ``value`` certainly is an array of JAX, and none of NumPy, nor the index of a loop."""
    return value.kind is Kind.ARRAY and not value.index and value.assumed is None


def _len(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    value = args.positional[0] if args.positional else machine.unknown()
    number = None
    if value.kind is Kind.INSTANCE:
        machine.event("unknown", "opaque-callee", "own-length", node, frame, call=node)
    if value.items is not None:
        number = Linear(len(value.items))
    elif value.kind in {Kind.LIST, Kind.RANGE} and value.number is not None:
        number = value.number
    elif value.kind in {Kind.ARRAY, Kind.NDARRAY, Kind.UNKNOWN, Kind.LIST}:
        number = expressions.extent(value, 0)
    elif value.kind is Kind.SHAPE and value.shape is not None:
        number = Linear(len(value.shape))
    return Value(Kind.NUMBER, dtype="int", number=number)


def _range(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    for part, value in zip(node.args, args.positional, strict=False):
        if holds_tracer(value):
            machine.event("fatal", "static-index", "bound-of-range", node, frame, value, bound=part)
    return Value(Kind.RANGE, element=Value(Kind.NUMBER, dtype="int"), number=_range_length(args))


def _range_length(args: Arguments) -> Linear | None:
    """The trip count of ``range(n)`` and ``range(a, b)``; exact unless it would be negative, which gives none at all."""
    bounds = [value.number for value in args.positional]
    if len(bounds) == 1:
        return bounds[0]
    if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None:
        return bounds[1] - bounds[0]
    return None


def _element_of(machine: Machine, value: Value) -> Value:
    return expressions.element(machine, value)


def _zip(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    return Value(
        Kind.ITERATOR,
        element=Value(Kind.TUPLE, items=tuple(_element_of(machine, v) for v in args.positional)),
    )


def _enumerate(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    inner = _element_of(machine, args.positional[0]) if args.positional else machine.unknown()
    return Value(Kind.ITERATOR, element=Value(Kind.TUPLE, items=(Value(Kind.NUMBER, dtype="int"), inner)))


def _map(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:

    if not args.positional:
        return machine.unknown()
    parts = tuple(_element_of(machine, value) for value in args.positional[1:])
    return Value(Kind.ITERATOR, element=machine.call(args.positional[0], Arguments(parts), node, frame))


def _sequence(kind: Kind) -> Handler:
    def build(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
        if not args.positional:
            return Value(kind, items=(), born=machine.epoch)
        value = args.positional[0]
        element = None if value.items is not None else _element_of(machine, value)
        return Value(kind, items=value.items, element=element, ident=value.ident, born=machine.epoch)

    return build


def _dict(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    every = args.every
    return Value(Kind.DICT, element=reduce(join, every) if every else None, born=machine.epoch)


def _ordering(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    if args.traced:
        machine.event("fatal", "python-branch-on-value", "ordered", node, frame, *args.every, function=node.func)
    values = (
        args.positional
        if len(args.positional) > 1
        else (_element_of(machine, args.positional[0]),)
        if args.positional
        else ()
    )
    return reduce(join, values) if values else NUMBER


def _sorted(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    found = _ordering(machine, args, node, frame)
    return Value(Kind.LIST, element=found._replace(ident=None), born=machine.epoch)


def _filter(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    return Value(Kind.ITERATOR, element=_element_of(machine, args.positional[-1]) if args.positional else None)


def _truth(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    _ordering(machine, args, node, frame)
    return Value(Kind.NUMBER, dtype="bool")


def _sum(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    inner = _element_of(machine, args.positional[0]) if args.positional else NUMBER
    return inner._replace(ident=None, number=None, index=False)


def _abs(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    return args.positional[0]._replace(ident=None, number=None) if args.positional else NUMBER


def _getattr(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    owner = args.positional[0] if args.positional else machine.unknown()
    if owner.kind is Kind.MODULE and isinstance(owner.target, External) and len(args.positional) == 2:
        wanted, name = args.positional[1].const, owner.target.name
        if isinstance(wanted, str):
            return lookup.member(machine, name, wanted, frame)
        if name.partition(".")[0] in host_packages.HOST_ROOTS:
            return lookup.module_value(f"{name}.…")
    return machine.unknown(args.traced)


def _reversed(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    inner = _element_of(machine, args.positional[0]) if args.positional else machine.unknown()
    return Value(Kind.ITERATOR, element=inner)


def _slice(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    if args.traced:
        machine.event("fatal", "static-index", "bound-of-slice-object", node, frame, *args.every)
    return NONE


HANDLERS: dict[str, Handler] = {
    "len": _len,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "map": _map,
    "reversed": _reversed,
    "list": _sequence(Kind.LIST),
    "tuple": _sequence(Kind.TUPLE),
    "iter": _sequence(Kind.ITERATOR),
    "set": _sequence(Kind.SET),
    "frozenset": _sequence(Kind.SET),
    "dict": _dict,
    "max": _ordering,
    "min": _ordering,
    "sorted": _sorted,
    "filter": _filter,
    "any": _truth,
    "all": _truth,
    "sum": _sum,
    "abs": _abs,
    "round": _abs,
    "pow": _abs,
    "getattr": _getattr,
    "slice": _slice,
}
