"""Python's builtins."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.integers import constant, known, truth
from vmapify.domain.term import term
from vmapify.domain.value import (
    NONE,
    Array,
    ClassValue,
    Function,
    Library,
    Number,
    Range,
    Reference,
    Singleton,
    SliceValue,
    Text,
    Tuple,
)
from vmapify.heap.objects import DictObject, HostArray, Instance, Iterator, Lanes, Lazy, ListObject
from vmapify.library import containers, conversions, iterators, numbers
from vmapify.library.constants import constant_of, constants_of
from vmapify.library.lanes import count_of, plain_items
from vmapify.library.protocol import Arguments
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def _range(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    numbers = [one.term for one in args.positional if isinstance(one, Number) and one.kind == "int"]
    if len(numbers) != len(args.positional) or args.keywords or not 1 <= len(numbers) <= 3:
        return None
    step = known(numbers[2]) if len(numbers) == 3 else 1
    if not step:
        return None
    return Range(constant(0), numbers[0], step) if len(numbers) == 1 else Range(numbers[0], numbers[1], step)


def _len(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    match args.positional:
        case (Array() as array,) if array.shape != ():
            return Number("int", extent(array, 0))
        case (Tuple(items),):
            return Number("int", constant(len(items)))
        case (Reference(place),):
            return _len_of(machine, place)
        case (Range(start, stop, step),) if known(start) is not None and known(stop) is not None:
            return Number("int", constant(len(range(known(start) or 0, known(stop) or 0, step))))
        case (Text(text),) if text.op in {"text", "bytes"}:
            return Number("int", constant(len(str(text.args[0]) if text.op == "text" else text.args[0])))
    return None


def _len_of(machine: Interpreter, place: int) -> Value | None:
    match machine.heap.read(place):
        case ListObject(parts):
            return Number("int", count_of(parts))
        case DictObject(items):
            return Number("int", constant(len(items)))
        case HostArray(contents, _, shape, _) if shape != ():
            return Number("int", extent(Array(contents, None, shape), 0))
    return None


def _list(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    found = machine.parts(args.positional[0], node) if len(args.positional) == 1 else ()
    return machine.heap.new(ListObject(found)) if found is not None and len(args.every) <= 1 else None


def _tuple(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    found = machine.items(args.positional[0], node) if len(args.positional) == 1 else ()
    if found is None or len(args.every) > 1 or any(isinstance(one, Lanes) for one in found):
        return None
    return Tuple(found)  # type: ignore[arg-type]


def _dict(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    found = containers.pairs(machine, args, node)
    return machine.heap.new(DictObject(found)) if found is not None else None


def _slice(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if args.keywords or not 1 <= len(args.positional) <= 3:
        return None
    if len(args.positional) == 1:
        return SliceValue(NONE, args.positional[0], NONE)
    return SliceValue(*args.positional, *[NONE] * (3 - len(args.positional)))


# -- of all items -------------------------------------------------------------------------------------------
def _sum(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """One addition after the other; the sum over the iterations of a loop is not modelled."""
    given = dict(zip(("iterable", "start"), args.positional, strict=False)) | dict(args.keywords)
    items = plain_items(machine.parts(args.positional[0], node)) if args.positional else None
    if items is None or set(given) - {"iterable", "start"} or len(args.positional) > 2:
        return None
    total: Value = given.get("start", Number("int", constant(0)))
    for one in items:
        if not isinstance(one, Number | Array):
            return None
        total = machine.combined("add", total, one, node)
    return total


def _is_named(node: ast.AST) -> bool:
    """Whether other code may have a name for the first argument of a call."""
    return not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Call | ast.GeneratorExp))


def _every_or_some(wanted: bool) -> Handler:
    def decide(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        if args.keywords or len(args.positional) != 1:
            return None
        source = args.positional[0]
        held = machine.heap.peek(source.place) if isinstance(source, Reference) else None
        items = plain_items(machine.parts(source, node))
        found = [constant_of(one) for one in items] if items is not None else [None]
        if None in found or (isinstance(held, Lazy) and held.once and _is_named(node)):
            return None
        if isinstance(source, Reference) and isinstance(held, Iterator) and items is not None:
            decided = next((k for k, one in enumerate(found) if one is not None and bool(one[0]) == wanted), len(items))
            machine.heap.mutate(source.place, Iterator(items[decided + 1 :]))
        return Number("bool", truth((any if wanted else all)(one[0] for one in found if one is not None)))

    return decide


def _candidates(machine: Interpreter, args: Arguments, node: ast.AST) -> list[Value] | None:
    """What ``max`` or ``sorted`` choose from: the arguments, or the items of one of them."""
    if len(args.positional) > 1:
        return list(args.positional)
    items = plain_items(machine.parts(args.positional[0], node)) if args.positional else None
    return list(items) if items is not None else None


def _keys(machine: Interpreter, args: Arguments, items: list[Value], node: ast.AST) -> list[Value]:
    """What the callback ``key`` gives for every item."""
    key = args.keywords.get("key", NONE)
    return items if key == NONE else [machine.call(key, Arguments((one,)), node) for one in items]


def _extreme(name: str) -> Handler:
    def choose(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        items = _candidates(machine, args, node)
        if not items or set(args.keywords) - {"key"}:
            return None
        found = _keys(machine, args, items, node)
        # the first of equal ones is taken, as by a stable sort
        ordered = containers.in_order(items, found, backwards=name == "max")
        if ordered is not None:
            return ordered[0]
        ints = [one for one in items if isinstance(one, Number) and one.kind == "int" and not one.term.lanes]
        if len(ints) != len(items) or args.keywords:
            return None
        return Number("int", term("python", name, tuple(one.term for one in ints)))

    return choose


def _sorted(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    items = _candidates(machine, Arguments(args.positional[:1]), node)
    backwards = constant_of(args.keywords.get("reverse", Number("bool", truth(False))))
    if items is None or len(args.positional) != 1 or set(args.keywords) - {"key", "reverse"} or backwards is None:
        return None
    found = _keys(machine, args, items, node)
    ordered = containers.in_order(items, found, backwards=bool(backwards[0]))
    return machine.heap.new(ListObject(tuple(ordered))) if ordered is not None else None


# -- what a value is ----------------------------------------------------------------------------------------
_NUMBERS = {
    "bool": {"builtins.bool", "builtins.int"},
    **{kind: {f"builtins.{kind}"} for kind in ("int", "float", "complex")},
}
_ASKED = {f"builtins.{kind}" for kind in ("bool", "int", "float", "complex", "str", "bytes", "list", "tuple", "dict")}
_ASKED |= {"builtins.set", "builtins.frozenset", "builtins.slice", "builtins.range", "jax.Array", "numpy.ndarray"}


def _isinstance(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if args.keywords or len(args.positional) != 2:
        return None
    value, asked = args.positional
    classes = asked.items if isinstance(asked, Tuple) else (asked,)
    answers = [_is_a(machine, value, one) for one in classes]
    if True in answers:
        return Number("bool", truth(True))
    return Number("bool", truth(False)) if None not in answers else None


def _is_a(machine: Interpreter, value: Value, cls: Value) -> bool | None:
    """Whether ``value`` is an instance of ``cls``, if that is the same for an array and for a tracer."""
    own = _classes(machine, value)
    if own is None or isinstance(cls, ClassValue):
        return False if own is not None else None
    return cls.name in own if isinstance(cls, Library) and cls.name in _ASKED | own else None


def _classes(machine: Interpreter, value: Value) -> set[str] | None:
    """The classes of a value by their names; None if they are not known for certain."""
    match value:
        case Array():
            return {"jax.Array"}
        case Number(kind, number) if not number.lanes:  # else it is an array under `vmap`
            return _NUMBERS.get(kind)
        case Text(text):
            return {"builtins.bytes" if text.op == "bytes" else "builtins.str"}
        case Tuple():
            return {"builtins.tuple"}
        case Range():
            return {"builtins.range"}
        case SliceValue():
            return {"builtins.slice"}
        case Singleton():
            return set()
        case Reference(place):
            kinds = {ListObject: "builtins.list", DictObject: "builtins.dict", HostArray: "numpy.ndarray"}
            found = kinds.get(type(machine.heap.peek(place)))
            return {found} if found is not None else None
    return None


def _callable(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    match args.positional:
        case (Function() | ClassValue(),):
            return Number("bool", truth(True))
        case (Array() | Number() | Text() | Tuple() | Singleton(),):
            return Number("bool", truth(False))
    return None


_OF_ARRAYS = {"shape", "dtype", "ndim", "size", "T", "at"}


def _getattr(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    known_ = constants_of(args.positional[1:2]) if 2 <= len(args.positional) <= 3 and not args.keywords else None
    if known_ is None or not isinstance(known_[0], str):
        return None
    owner, name = args.positional[0], known_[0]
    held = machine.heap.peek(owner.place) if isinstance(owner, Reference) and owner.place in machine.heap else None
    certain = (isinstance(owner, Array) and name in _OF_ARRAYS) or (
        isinstance(held, Instance) and name in held.attributes
    )
    return machine.attribute(owner, name, node) if certain or len(args.positional) == 2 else None


def _hasattr(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    known_ = constants_of(args.positional[1:]) if len(args.positional) == 2 and not args.keywords else None
    owner = args.positional[0] if args.positional else NONE
    if known_ is None or not isinstance(owner, Array) or known_[0] not in _OF_ARRAYS:
        return None
    return Number("bool", truth(True))


HANDLERS: dict[str, Handler] = {
    **iterators.HANDLERS,
    **conversions.HANDLERS,
    **numbers.HANDLERS,
    "builtins.range": _range,
    "builtins.len": _len,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
    "builtins.dict": _dict,
    "builtins.slice": _slice,
    "builtins.sum": _sum,
    "builtins.any": _every_or_some(True),
    "builtins.all": _every_or_some(False),
    "builtins.min": _extreme("min"),
    "builtins.max": _extreme("max"),
    "builtins.sorted": _sorted,
    "builtins.isinstance": _isinstance,
    "builtins.callable": _callable,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
}
