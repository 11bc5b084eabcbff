"""Iterators and views: what they give once they are iterated over."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.rebuild import at
from vmapify.domain.term import lane, term
from vmapify.domain.value import NONE, Number, Reference, Tuple
from vmapify.heap.objects import Changed, DictObject, Iterator, Lanes, Lazy
from vmapify.library import containers
from vmapify.library.lanes import plain_items
from vmapify.library.operands import integer
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.library.lanes import Parts
    from vmapify.library.protocol import Interpreter

    Maker = Callable[[Interpreter, tuple[Value, ...], ast.AST], Parts | None]
    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def parts(machine: Interpreter, maker: str, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    """What the iterator or view that ``maker`` made of ``args`` gives; None if that is not known."""
    return MAKERS[maker](machine, args, node)


def _same(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    return machine.parts(args[0], node)


def _enumerate(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    found = machine.parts(args[0], node)
    if found is None or not isinstance(args[1], Number):
        return None
    made: list[Value | Lanes] = []
    count = args[1].term
    for part in found:
        if isinstance(part, Lanes):
            number = Number("int", integers.add(count, part.lane))
            made.append(Lanes(part.lane, part.count, Tuple((number, part.value))))
            count = integers.add(count, part.count)
        else:
            made.append(Tuple((Number("int", count), part)))
            count = integers.add(count, integers.constant(1))
    return tuple(made)


def _zip(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    return _zipped(machine, args, node, strict=False)


def _zip_strict(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    return _zipped(machine, args, node, strict=True)


def _zipped(machine: Interpreter, args: tuple[Value, ...], node: ast.AST, *, strict: bool) -> Parts | None:
    endless = [_endless(machine, one) for one in args]
    if not args or all(one is not None for one in endless):
        return None
    # of an iterator that is longer than the others, one item more is used up
    equal = strict or any(_is_iterator(machine, one) for one, e in zip(args, endless, strict=True) if e is None)
    every = [machine.parts(one, node) if e is None else None for one, e in zip(args, endless, strict=True)]
    known = [one for one in every if one is not None]
    if len(known) != len([e for e in endless if e is None]):
        return None
    whole = _zip_lanes(known, equal=equal) or _zip_items(known, equal=equal)
    for one, lazy in zip(args, endless, strict=True):
        if lazy is not None and lazy.maker == "count" and isinstance(one, Reference):
            machine.heap.mutate(one.place, Changed("count", term("counted")))  # it goes on from somewhere else
    return tuple(_with_endless(row, number, endless) for number, row in enumerate(whole)) if whole is not None else None


def _zip_lanes(every: list[Parts], *, equal: bool) -> Parts | None:
    """Sequences of one item an iteration each; the shortest one decides."""
    lanes = [one[0] for one in every if len(one) == 1 and isinstance(one[0], Lanes)]
    if len(lanes) != len(every) or any(one.lane is not lanes[0].lane for one in lanes):
        return None
    counts = {one.count for one in lanes}
    count = counts.pop() if len(counts) == 1 else _least(counts) if not equal else None
    return (Lanes(lanes[0].lane, count, Tuple(tuple(one.value for one in lanes))),) if count is not None else None


def _least(counts: set[Term]) -> Term | None:
    known = [integers.known(one) for one in counts]
    return integers.constant(min(one for one in known if one is not None)) if None not in known else None


def _zip_items(every: list[Parts], *, equal: bool) -> Parts | None:
    items = [plain_items(one) for one in every]
    rows = [one for one in items if one is not None]
    if len(rows) != len(items) or (equal and len({len(one) for one in rows}) > 1):
        return None
    return tuple(Tuple(row) for row in zip(*rows, strict=False))


def _with_endless(row: Value | Lanes, number: int, endless: list[Lazy | None]) -> Value | Lanes:
    """Put what endless iterators give between the items of the others."""
    if isinstance(row, Lanes):
        assert isinstance(row.value, Tuple)
        return Lanes(row.lane, row.count, _filled(row.value, row.lane, endless))
    assert isinstance(row, Tuple)
    return _filled(row, integers.constant(number), endless)


def _filled(row: Tuple, number: Term, endless: list[Lazy | None]) -> Tuple:
    pending = list(row.items)
    return Tuple(tuple(pending.pop(0) if one is None else _entry(one, number) for one in endless))


def _entry(one: Lazy, number: Term) -> Value:
    if one.maker == "repeat":
        return one.args[0]
    start, step = one.args
    assert isinstance(start, Number)
    return Number("int", integers.add(start.term, integers.scale(number, integer(step) or 0)))


def _endless(machine: Interpreter, value: Value) -> Lazy | None:
    found = machine.heap.peek(value.place) if isinstance(value, Reference) and value.place in machine.heap else None
    return found if isinstance(found, Lazy) and found.maker in {"repeat", "count"} else None


def _is_iterator(machine: Interpreter, value: Value) -> bool:
    found = machine.heap.peek(value.place) if isinstance(value, Reference) else None
    return isinstance(found, Iterator) or (isinstance(found, Lazy) and found.once)


def _reversed(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    found = machine.parts(args[0], node)
    if found is None:
        return None
    made: list[Value | Lanes] = []
    for part in reversed(found):
        if not isinstance(part, Lanes):
            made.append(part)
            continue
        last = integers.subtract(part.count, integers.constant(1))
        value = at(part.value, part.lane, integers.subtract(last, part.lane))
        if value is None:
            return None
        made.append(Lanes(part.lane, part.count, value))
    return tuple(made)


def _map(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    function, *sources = args
    rows = _zip(machine, tuple(sources), node)

    def body(item: Value) -> Parts:
        assert isinstance(item, Tuple)
        return (machine.call(function, Arguments(item.items), node),)

    return _each(machine, rows, node, body)


def _starmap(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    def body(item: Value) -> Parts:
        given = plain_items(machine.parts(item, node))
        if given is None:
            machine.unproven("open-arguments", "starmap", node)
        return (machine.call(args[0], Arguments(given), node),)

    return _each(machine, machine.parts(args[1], node), node, body)


def _filter(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    def body(item: Value) -> Parts:
        answer = machine.truth(item if args[0] == NONE else machine.call(args[0], Arguments((item,)), node), node)
        if not isinstance(answer, bool):
            machine.unproven("unmodelled", "filter", node)
        return (item,) if answer else ()

    return _each(machine, machine.parts(args[1], node), node, body)


def _each(machine: Interpreter, rows: Parts | None, node: ast.AST, body: Callable[[Value], Parts]) -> Parts | None:
    """What ``body`` gives for every row; it must not change anything, since others may run between its calls."""
    if rows is None:
        return None
    before, log = machine.heap.copy(), machine.log
    made = machine.every(rows, node, body)
    if machine.log != log or machine.heap.differs(before):
        machine.unproven("carried", "callback", node)
    return made


def _accumulate(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    source, function, initial = args
    items = plain_items(machine.parts(source, node))
    if items is None:
        return None
    made = [initial] if initial != NONE else []
    for item in items:
        made.append(item if not made else _next(machine, function, made[-1], item, node))
    return tuple(made)


def _next(machine: Interpreter, function: Value, last: Value, item: Value, node: ast.AST) -> Value:
    if function == NONE:
        return machine.combined("add", last, item, node)
    found = _each(machine, (item,), node, lambda one: (machine.call(function, Arguments((last, one)), node),))
    assert found is not None and not isinstance(found[0], Lanes)
    return found[0]


def _chain(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    found = [machine.parts(one, node) for one in args]
    return None if None in found else tuple(part for one in found if one is not None for part in one)


def _chain_from_iterable(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    items = plain_items(machine.parts(args[0], node))
    return _chain(machine, items, node) if items is not None else None


def _times(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    """``itertools.repeat(value, times)``."""
    if not isinstance(args[1], Number) or isinstance(args[0], Reference):
        return None
    known = integers.known(args[1].term)
    count = integers.constant(max(known, 0)) if known is not None else args[1].term
    if known is None and not machine.bounds.at_least_zero(count):
        count = term("extent", count, "positive")
    return (Lanes(lane(machine.level), count, args[0]),)


def _product(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    found = [machine.parts(one, node) for one in args]
    items = [plain_items(one) for one in found]
    if found and None not in items:
        rows: list[tuple[Value, ...]] = [()]
        for one in items:
            rows = [(*row, item) for row in rows for item in one or ()]
        return tuple(Tuple(row) for row in rows)
    lanes = [one[0] for one in found if one is not None and len(one) == 1 and isinstance(one[0], Lanes)]
    return _pairs(*lanes) if len(lanes) == len(found) == 2 else None


def _pairs(outer: Lanes, inner: Lanes) -> Parts | None:
    """All pairs of rows: the second ones run fastest."""
    one = at(outer.value, outer.lane, term("quotient", outer.lane, inner.count))
    other = at(inner.value, inner.lane, integers.modulo(inner.lane, inner.count))
    if one is None or other is None or outer.lane is not inner.lane:
        return None
    return (Lanes(outer.lane, integers.multiply(outer.count, inner.count), Tuple((one, other))),)


def _islice(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    source, *bounds = args
    ends = [None if one == NONE else integer(one) for one in bounds]
    if any(end is None and one != NONE for end, one in zip(ends, bounds, strict=True)) or _is_iterator(machine, source):
        return None
    items = plain_items(machine.parts(source, node))
    if items is None or any(end is not None and end < 0 for end in ends):
        return None
    return items[slice(*ends)]


def _pairwise(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    items = plain_items(machine.parts(args[0], node))
    return tuple(Tuple(pair) for pair in pairwise(items)) if items is not None else None


def _zip_longest(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
    items = [plain_items(machine.parts(one, node)) for one in args[1:]]
    if None in items:
        return None
    longest = max(len(one or ()) for one in items)
    padded = [(*(one or ()), *[args[0]] * (longest - len(one or ()))) for one in items]
    return tuple(Tuple(row) for row in zip(*padded, strict=True))


def _entries(kind: str) -> Maker:
    def view(machine: Interpreter, args: tuple[Value, ...], node: ast.AST) -> Parts | None:
        assert isinstance(args[0], Reference)
        found = machine.heap.read(args[0].place)
        if not isinstance(found, DictObject):
            return None
        if kind == "values":
            return tuple(value for _, value in found.items)
        keys = containers.keys(found.items)
        if keys is None or kind == "keys":
            return keys
        return tuple(Tuple((key, value)) for key, (_, value) in zip(keys, found.items, strict=True))

    return view


MAKERS: dict[str, Maker] = {
    "iter": _same,
    "enumerate": _enumerate,
    "zip": _zip,
    "strict zip": _zip_strict,
    "reversed": _reversed,
    "map": _map,
    "filter": _filter,
    "starmap": _starmap,
    "accumulate": _accumulate,
    "chain": _chain,
    "chain.from_iterable": _chain_from_iterable,
    "times": _times,
    "product": _product,
    "islice": _islice,
    "pairwise": _pairwise,
    "zip_longest": _zip_longest,
    "repeat": lambda machine, args, node: None,  # noqa: ARG005
    "count": lambda machine, args, node: None,  # noqa: ARG005
    "dict.keys": _entries("keys"),
    "dict.values": _entries("values"),
    "dict.items": _entries("items"),
}
"""What each kind of iterator gives."""
