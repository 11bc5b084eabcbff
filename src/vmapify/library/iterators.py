"""Making iterators: nothing is read before they are iterated over (see `iteration`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.value import NONE, Array, Number, Range, Reference, Tuple
from vmapify.heap.objects import DictObject, Iterator, Lazy, ListObject
from vmapify.library.operands import integer

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def _lazy(maker: str, least: int = 1, most: int | None = None) -> Handler:
    """Arguments by position alone, ``least`` to ``most`` of them."""

    def make(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        if args.keywords or len(args.positional) < least or (most is not None and len(args.positional) > most):
            return None
        return machine.heap.new(Lazy(maker, args.positional))

    return make


def _make_enumerate(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = [*args.positional, *(value for key, value in args.keywords.items() if key == "start")]
    if set(args.keywords) - {"start"} or not 1 <= len(given) <= 2:
        return None
    start = given[1] if len(given) == 2 else Number("int", integers.constant(0))
    known = isinstance(start, Number) and start.kind == "int"
    return machine.heap.new(Lazy("enumerate", (given[0], start))) if known else None


def _make_zip(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if set(args.keywords) - {"strict"} or not args.positional:
        return None
    return machine.heap.new(Lazy("zip" if not args.keywords else "strict zip", args.positional))


def _make_reversed(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if args.keywords or len(args.positional) != 1:
        return None
    source = args.positional[0]
    found = machine.heap.peek(source.place) if isinstance(source, Reference) else None
    if not isinstance(source, Array | Tuple | Range) and not isinstance(found, ListObject | DictObject):
        return None
    return machine.heap.new(Lazy("reversed", (source,), seen=_looked_at(machine, (source,))))


def _looked_at(machine: Interpreter, args: tuple[Value, ...]) -> tuple[object, ...]:
    """The objects that arguments are now."""
    return tuple(machine.heap.read(one.place) if isinstance(one, Reference) else None for one in args)


def _make_product(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``product(a, b)`` goes through its arguments when it is made."""
    seen = _looked_at(machine, args.positional)
    if args.keywords or not args.positional or any(isinstance(one, Iterator | Lazy) for one in seen):
        return None
    return machine.heap.new(Lazy("product", args.positional, seen=seen))


def _make_accumulate(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = dict(zip(("iterable", "func"), args.positional, strict=False)) | dict(args.keywords)
    if set(given) - {"iterable", "func", "initial"} or len(args.positional) > 2 or "iterable" not in given:
        return None
    made = (given["iterable"], given.get("func", NONE), given.get("initial", NONE))
    return machine.heap.new(Lazy("accumulate", made))


def _make_repeat(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    given = [*args.positional, *(value for key, value in args.keywords.items() if key == "times")]
    if set(args.keywords) - {"times"} or not 1 <= len(given) <= 2:
        return None
    return machine.heap.new(Lazy("repeat" if len(given) == 1 else "times", tuple(given)))


def _make_count(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    zero, one = Number("int", integers.constant(0)), Number("int", integers.constant(1))
    start, step = (*args.positional, *(zero, one)[len(args.positional) :])[:2]
    if args.keywords or len(args.positional) > 2 or not (isinstance(start, Number) and start.kind == "int"):
        return None
    return machine.heap.new(Lazy("count", (start, step))) if integer(step) is not None else None


def _make_zip_longest(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    if set(args.keywords) - {"fillvalue"} or not args.positional:
        return None
    return machine.heap.new(Lazy("zip_longest", (args.keywords.get("fillvalue", NONE), *args.positional)))


HANDLERS: dict[str, Handler] = {
    "builtins.iter": _lazy("iter", 1, 1),
    "builtins.enumerate": _make_enumerate,
    "builtins.zip": _make_zip,
    "builtins.reversed": _make_reversed,
    "builtins.map": _lazy("map", 2),
    "builtins.filter": _lazy("filter", 2, 2),
    "itertools.starmap": _lazy("starmap", 2, 2),
    "itertools.accumulate": _make_accumulate,
    "itertools.chain": _lazy("chain", 0),
    "itertools.chain.from_iterable": _lazy("chain.from_iterable", 1, 1),
    "itertools.repeat": _make_repeat,
    "itertools.count": _make_count,
    "itertools.product": _make_product,
    "itertools.islice": _lazy("islice", 2, 4),
    "itertools.pairwise": _lazy("pairwise", 1, 1),
    "itertools.zip_longest": _make_zip_longest,
}
