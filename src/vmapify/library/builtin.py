"""Python's builtins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.integers import add, constant, known
from vmapify.domain.value import Array, Number, Range, Reference, Tuple
from vmapify.heap.objects import Iterator, Lanes, ListObject
from vmapify.library.operands import integer
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

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
            found = machine.heap.read(place)
            return Number("int", count_of(found.parts)) if isinstance(found, ListObject) else None
    return None


def count_of(parts: tuple[object, ...]) -> Term:
    """How many items the parts of a list are."""
    found = constant(0)
    for part in parts:
        found = add(found, part.count if isinstance(part, Lanes) else constant(1))
    return found


def _enumerate(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    start = integer(args.keywords["start"]) if "start" in args.keywords else 0
    if len(args.positional) == 2:
        start = integer(args.positional[1])
    found = machine.parts(args.positional[0], node) if args.positional else None
    if found is None or start is None:
        return None
    made: list[Value | Lanes] = []
    count = constant(start)
    for part in found:
        if isinstance(part, Lanes):
            number = Number("int", add(count, part.lane))
            made.append(Lanes(part.lane, part.count, Tuple((number, part.value))))
            count = add(count, part.count)
        else:
            made.append(Tuple((Number("int", count), part)))
            count = add(count, constant(1))
    return machine.heap.new(Iterator(tuple(made)))


def _zip(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if set(args.keywords) - {"strict"}:
        return None
    every = [machine.parts(one, node) for one in args.positional]
    if not every or any(one is None for one in every):
        return None
    parts = [one for one in every if one is not None]
    if all(len(one) == 1 and isinstance(one[0], Lanes) for one in parts):
        lanes = [one[0] for one in parts if isinstance(one[0], Lanes)]
        if any(one.count is not lanes[0].count or one.lane is not lanes[0].lane for one in lanes):
            return None  # the shortest one decides
        value = Tuple(tuple(one.value for one in lanes))
        return machine.heap.new(Iterator((Lanes(lanes[0].lane, lanes[0].count, value),)))
    if any(isinstance(item, Lanes) for one in parts for item in one):
        return None
    return machine.heap.new(Iterator(tuple(Tuple(row) for row in zip(*parts, strict=False))))


def _list(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    found = machine.parts(args.positional[0], node) if len(args.positional) == 1 else ()
    return machine.heap.new(ListObject(found)) if found is not None and len(args.every) <= 1 else None


def _tuple(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    found = machine.items(args.positional[0], node) if len(args.positional) == 1 else ()
    if found is None or len(args.every) > 1 or any(isinstance(one, Lanes) for one in found):
        return None
    return Tuple(found)  # type: ignore[arg-type]


HANDLERS: dict[str, Handler] = {
    "builtins.range": _range,
    "builtins.len": _len,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
}
