"""Methods of lists, dicts, tuples and strings: each exact on what is known, else not modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.integers import constant
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Number, Reference, Text, Tuple
from vmapify.heap.objects import DictObject, Lanes, Lazy, ListObject
from vmapify.library.constants import constant_of, value_of
from vmapify.library.lanes import plain_items
from vmapify.library.operands import integer

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    ListMethod = Callable[[Interpreter, Reference, Arguments, ast.AST], Value | None]
    Items = tuple[tuple[object, Value], ...]

CHANGING = {
    *("__next__", "add", "append", "appendleft", "clear", "discard", "extend", "fill", "insert", "pop", "popitem"),
    *("popleft", "remove", "resize", "reverse", "setdefault", "sort", "update", "write"),
}
"""Methods of containers, arrays, iterators and files that change what they are called on, and nothing else."""
CHANGING_FUNCTIONS = {"delattr", "eval", "exec", "next", "setattr"}
"""Builtins that may change what they are given."""


def keys(items: Items) -> tuple[Value, ...] | None:
    """The keys of a dict as values."""
    found = [value_of(key) for key, _ in items]
    return None if None in found else tuple(one for one in found if one is not None)


def call(machine: Interpreter, receiver: Value, name: str, args: Arguments, node: ast.AST) -> Value | None:
    """What a method of a list, dict, tuple or string gives; None if it is not modelled."""
    match receiver:
        case Reference(place):
            kind = type(machine.heap.peek(place))
            table = {ListObject: LIST, DictObject: DICT}.get(kind)
            method = table.get(name) if table is not None else None
            return method(machine, receiver, args, node) if method is not None else None
        case Tuple(items):
            return _of_items(items, name, args)
        case Text():
            return _of_text(receiver, name, args)
    return None


# -- lists --------------------------------------------------------------------------------------------------
def _plain(args: Arguments, least: int, most: int) -> bool:
    return not args.keywords and least <= len(args.positional) <= most


def _parts(machine: Interpreter, receiver: Reference) -> tuple[Value | Lanes, ...]:
    found = machine.heap.read(receiver.place)
    assert isinstance(found, ListObject)
    return found.parts


def _items(machine: Interpreter, receiver: Reference) -> list[Value] | None:
    found = plain_items(_parts(machine, receiver))
    return list(found) if found is not None else None


def _append(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = machine.heap.peek(receiver.place)  # what is in the list makes no difference
    if not _plain(args, 1, 1) or not isinstance(found, ListObject):
        return None
    machine.heap.mutate(receiver.place, ListObject((*found.parts, args.positional[0])))
    return NONE


def _extend(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    if not _plain(args, 1, 1):
        return None
    more = machine.items(args.positional[0], node)
    found = machine.heap.peek(receiver.place)
    if more is None or not isinstance(found, ListObject):
        return None
    machine.heap.mutate(receiver.place, ListObject((*found.parts, *more)))
    return NONE


def _insert(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    position = integer(args.positional[0]) if _plain(args, 2, 2) else None
    if found is None or position is None:
        return None
    found.insert(position, args.positional[1])
    machine.heap.mutate(receiver.place, ListObject(tuple(found)))
    return NONE


def _pop(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    position = integer(args.positional[0]) if args.positional else -1
    if found is None or position is None or not _plain(args, 0, 1):
        return None
    if not -len(found) <= position < len(found):
        machine.unproven("raises", "IndexError", node)
    value = found.pop(position)
    machine.heap.mutate(receiver.place, ListObject(tuple(found)))
    return value


def _clear(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    if not _plain(args, 0, 0):
        return None
    machine.heap.read(receiver.place)
    machine.heap.mutate(receiver.place, ListObject(()))
    return NONE


def _copy(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    return machine.heap.new(machine.heap.read(receiver.place)) if _plain(args, 0, 0) else None


def _reverse(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    if found is None or not _plain(args, 0, 0):
        return None
    machine.heap.mutate(receiver.place, ListObject(tuple(reversed(found))))
    return NONE


def _sort(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    ordered = in_order(found) if found is not None and not args.every else None
    if ordered is None:
        return None
    machine.heap.mutate(receiver.place, ListObject(tuple(ordered)))
    return NONE


def in_order(values: list[Value], by: list[Value] | None = None, *, backwards: bool = False) -> list[Value] | None:
    """``values`` sorted by the constants that ``by`` are; None if those are not known, or cannot be compared."""
    wrapped = [constant_of(one) for one in (by if by is not None else values)]
    found = [one[0] for one in wrapped if one is not None]
    if len(found) != len(values) or not (_all_numbers(found) or all(isinstance(one, str) for one in found)):
        return None
    order = sorted(range(len(values)), key=found.__getitem__, reverse=backwards)  # type: ignore[arg-type]
    return [values[k] for k in order]


def _all_numbers(found: list[object]) -> bool:
    """Whether all are numbers with an order: no NaN, nothing complex."""
    return all(isinstance(one, int | float) and one == one for one in found)  # noqa: PLR0124


def _index(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    return _of_items(tuple(found), "index", args) if found is not None else None


def _count(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    found = _items(machine, receiver)
    return _of_items(tuple(found), "count", args) if found is not None else None


LIST: dict[str, ListMethod] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "clear": _clear,
    "copy": _copy,
    "reverse": _reverse,
    "sort": _sort,
    "index": _index,
    "count": _count,
}
"""Methods of lists; ``remove`` compares items, which may run code."""


def _of_items(items: tuple[Value, ...], name: str, args: Arguments) -> Value | None:
    """``index`` and ``count``, of constants."""
    wrapped = [constant_of(one) for one in items]
    wanted = constant_of(args.positional[0]) if _plain(args, 1, 1) else None
    if name not in {"index", "count"} or wanted is None or None in wrapped:
        return None
    found = [one[0] for one in wrapped if one is not None]
    if not all(isinstance(one, int | str | None) for one in [*found, *wanted]):
        return None  # a float may be one that is not equal to itself
    if name == "count":
        return Number("int", constant(found.count(wanted[0])))
    return Number("int", constant(found.index(wanted[0]))) if wanted[0] in found else None


# -- dicts --------------------------------------------------------------------------------------------------
def _entries(machine: Interpreter, receiver: Reference) -> dict[tuple[type, object], tuple[object, Value]]:
    found = machine.heap.read(receiver.place)
    assert isinstance(found, DictObject)
    return {(type(key), key): (key, value) for key, value in found.items}


def _set(machine: Interpreter, receiver: Reference, entries: dict[tuple[type, object], tuple[object, Value]]) -> None:
    machine.heap.mutate(receiver.place, DictObject(tuple(entries.values())))


def key_of(value: Value) -> tuple[type, object] | None:
    """The key of a dict that ``value`` is: a string, or an integer; None if it is not known, or of another kind."""
    found = constant_of(value)
    return (type(found[0]), found[0]) if found is not None and type(found[0]) in {str, int} else None


def _dict_get(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    entries = _entries(machine, receiver)
    key = key_of(args.positional[0]) if _plain(args, 1, 2) else None
    if key is None:
        return None
    return entries[key][1] if key in entries else args.positional[1] if len(args.positional) == 2 else NONE


def _dict_pop(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    entries = _entries(machine, receiver)
    key = key_of(args.positional[0]) if _plain(args, 1, 2) else None
    if key is None:
        return None
    if key not in entries:
        return args.positional[1] if len(args.positional) == 2 else machine.unproven("raises", "KeyError", node)
    value = entries.pop(key)[1]
    _set(machine, receiver, entries)
    return value


def _dict_setdefault(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    entries = _entries(machine, receiver)
    key = key_of(args.positional[0]) if _plain(args, 1, 2) else None
    if key is None:
        return None
    if key not in entries:
        entries[key] = (key[1], args.positional[1] if len(args.positional) == 2 else NONE)
        _set(machine, receiver, entries)
    return entries[key][1]


def _dict_update(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    entries = _entries(machine, receiver)
    more = pairs(machine, args, node)
    if more is None:
        return None
    entries |= {(type(key), key): (key, value) for key, value in more}
    _set(machine, receiver, entries)
    return NONE


def pairs(machine: Interpreter, args: Arguments, node: ast.AST) -> Items | None:
    """What ``dict(…)`` or ``d.update(…)`` is given: a dict, or pairs with known keys, and keywords."""
    if len(args.positional) > 1:
        return None
    found: list[tuple[object, Value]] = []
    if args.positional:
        source = args.positional[0]
        held = machine.heap.read(source.place) if isinstance(source, Reference) else None
        if isinstance(held, DictObject):
            found += held.items
        else:
            given = plain_items(machine.parts(source, node))
            for one in given if given is not None else (NONE,):
                key = key_of(one.items[0]) if isinstance(one, Tuple) and len(one.items) == 2 else None
                if key is None or not isinstance(one, Tuple):
                    return None
                found.append((key[1], one.items[1]))
    kept = {(type(key), key): (key, value) for key, value in [*found, *args.keywords.items()]}
    return tuple(kept.values())


def _dict_clear(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
    if not _plain(args, 0, 0):
        return None
    machine.heap.read(receiver.place)
    _set(machine, receiver, {})
    return NONE


def _view(kind: str) -> ListMethod:
    def view(machine: Interpreter, receiver: Reference, args: Arguments, node: ast.AST) -> Value | None:
        return machine.heap.new(Lazy(f"dict.{kind}", (receiver,), once=False)) if _plain(args, 0, 0) else None

    return view


DICT: dict[str, ListMethod] = {
    "get": _dict_get,
    "pop": _dict_pop,
    "setdefault": _dict_setdefault,
    "update": _dict_update,
    "clear": _dict_clear,
    "copy": _copy,
    "keys": _view("keys"),
    "values": _view("values"),
    "items": _view("items"),
}


# -- strings ------------------------------------------------------------------------------------------------
TEXT = {
    *("capitalize", "casefold", "endswith", "find", "isalnum", "isalpha", "isdigit", "lower", "lstrip", "partition"),
    *("removeprefix", "removesuffix", "replace", "rpartition", "rstrip", "startswith", "strip", "title", "upper"),
    *("zfill", "count", "ljust", "rjust", "center"),
}
"""Methods of strings that are computed of constants; none of them gives a list."""


def _of_text(receiver: Text, name: str, args: Arguments) -> Value | None:
    whole, given = constant_of(receiver), [constant_of(one) for one in args.positional]
    if name not in TEXT or args.keywords or whole is None or None in given:
        return _formatted(receiver, name, args)
    try:
        return value_of(getattr(whole[0], name)(*(one[0] for one in given if one is not None)))
    except (TypeError, ValueError):
        return None


def _formatted(receiver: Text, name: str, args: Arguments) -> Value | None:
    """``"…".format(…)`` of numbers and strings: the same text in both versions if they are the same."""
    plain = [one for one in args.every if isinstance(one, Number | Text)]
    if name != "format" or len(plain) != len(args.every) or receiver.term.lanes or any(p.term.lanes for p in plain):
        return None
    parts = tuple((type(one).__name__, getattr(one, "kind", ""), one.term) for one in plain)
    return Text(term("format", receiver.term, tuple(args.keywords), parts))
