"""Terms: what a value is computed from, as an expression without names.

Equal terms are equal values in every run of the program: that is all a proof rests on. Terms are interned, so
that two of them are equal exactly if they are the same object, and a shared part is held once.

A term may speak of *lanes*: ``lane(k)`` is the number of the present iteration of the ``k``-th loop (or ``vmap``)
around the place where the term was made, counted from the outside. ``stack`` binds a lane: its body is what one
iteration gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

BINDERS = {"stack", "folded"}
"""Operations whose first argument is the level of the lane that they bind, in their last argument."""
TRACED = "traced"
"""What a function gives for any arguments: binds the symbols ``bound(depth, …)`` of its first argument in its last one."""


class Term:
    """An operation and its arguments: terms, tuples of such, and plain constants. Made by `term` alone."""

    __slots__ = ("__weakref__", "args", "bound", "lanes", "op", "serial")

    args: tuple[Any, ...]

    def __init__(self, op: str, args: tuple[Hashable, ...], serial: int) -> None:
        self.op = op
        self.args = args
        self.serial = serial
        self.lanes: frozenset[int] = (
            _lanes(args[:-1]) | (_lanes(args[-1:]) - {args[0]}) if op in BINDERS else _lanes(args)
        )
        if op == "lane":
            self.lanes = frozenset((args[0],))  # type: ignore[arg-type]
        self.bound = _bound(args) - ({args[0]} if op == TRACED else set())
        if op == "bound":
            self.bound |= {args[0]}

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(repr, self.args))})" if self.args else self.op


_TERMS: WeakValueDictionary[tuple[object, ...], Term] = WeakValueDictionary()
_made = 0


def term(op: str, *args: Hashable) -> Term:
    """The term ``op(*args)``."""
    global _made  # noqa: PLW0603 - serial numbers only order what is otherwise equal
    # 1, 1.0 and True are equal to Python and three different constants here
    key = (op, *((type(one), one) for one in args))
    found = _TERMS.get(key)
    if found is None:
        _made += 1
        found = _TERMS[key] = Term(op, args, _made)
    return found


def lane(level: int) -> Term:
    """The number, from 0, of the present iteration of the loop at nesting ``level``."""
    return term("lane", level)


def _lanes(part: object) -> frozenset[int]:
    if isinstance(part, Term):
        return part.lanes
    if isinstance(part, tuple):
        return frozenset().union(*map(_lanes, part)) if part else frozenset()
    return frozenset()


def _bound(part: object) -> frozenset[Hashable]:
    if isinstance(part, Term):
        return part.bound
    if isinstance(part, tuple):
        return frozenset().union(*map(_bound, part)) if part else frozenset()
    return frozenset()


def mentions(whole: object, part: Term) -> bool:
    """Whether ``part`` occurs in ``whole``."""
    return _mentions(whole, part, {})


def _mentions(whole: object, part: Term, seen: dict[int, bool]) -> bool:
    if whole is part:
        return True
    if isinstance(whole, tuple):
        return any(_mentions(one, part, seen) for one in whole)
    if not isinstance(whole, Term) or whole.serial < part.serial:  # what is made earlier holds nothing made later
        return False
    if whole.serial not in seen:
        seen[whole.serial] = any(_mentions(one, part, seen) for one in whole.args)
    return seen[whole.serial]


def replaced(whole: Term, old: Term, new: Term, rebuild: Callable[..., Term] = term) -> Term:
    """``whole`` with ``new`` for every free ``old``; ``rebuild(op, *args)`` makes what changes."""
    return _replaced(whole, old, new, rebuild, {})  # type: ignore[return-value]


def _replaced(whole: object, old: Term, new: Term, rebuild: Callable[..., Term], seen: dict[int, object]) -> object:
    if whole is old:
        return new
    if isinstance(whole, tuple):
        return tuple(_replaced(one, old, new, rebuild, seen) for one in whole)
    if not isinstance(whole, Term):
        return whole
    if whole.serial not in seen:
        seen[whole.serial] = _inside(whole, old, new, rebuild, seen)
    return seen[whole.serial]


def _inside(whole: Term, old: Term, new: Term, rebuild: Callable[..., Term], seen: dict[int, object]) -> Term:
    if whole.op in BINDERS:
        level: int = whole.args[0]
        if old.op == "lane" and old.args[0] == level:
            # its body speaks of its own lane; what stands beside the body does not
            args = tuple(_replaced(one, old, new, rebuild, {}) for one in whole.args[1:-1])
            return rebuild(whole.op, level, *args, whole.args[-1])
        if level in new.lanes and mentions(whole.args[-1], old):
            whole = _renamed(whole, rebuild, 1 + max(new.lanes | whole.lanes | {level}))
    if whole.op == TRACED:
        if old.op == "bound" and old.args[0] == whole.args[0]:
            return whole
        if whole.args[0] in new.bound and mentions(whole, old):
            whole = _rebound(whole, rebuild, 1 + max(new.bound | whole.bound | {whole.args[0]}))  # type: ignore[type-var,operator]
    args = tuple(_replaced(one, old, new, rebuild, seen) for one in whole.args)
    same = all(a is b or a == b for a, b in zip(args, whole.args, strict=True))
    return whole if same else rebuild(whole.op, *args)


def _renamed(whole: Term, rebuild: Callable[..., Term], level: int) -> Term:
    """``whole`` with another name for the lane that it binds: a lane that is put into it must stay free."""
    body = replaced(whole.args[-1], lane(whole.args[0]), lane(level), rebuild)
    return rebuild(whole.op, level, *whole.args[1:-1], body)


def _rebound(whole: Term, rebuild: Callable[..., Term], depth: int) -> Term:
    """A traced function with other symbols for its arguments."""
    body = whole.args[-1]
    for one in sorted(_symbols(body, whole.args[0], set()), key=lambda symbol: symbol.serial):
        body = _replaced(body, one, rebuild("bound", depth, *one.args[1:]), rebuild, {})
    return rebuild(TRACED, depth, *whole.args[1:-1], body)


def _symbols(part: object, depth: int, seen: set[int]) -> set[Term]:
    """The symbols of a traced function that occur in its body."""
    if isinstance(part, tuple):
        return set().union(*(_symbols(one, depth, seen) for one in part)) if part else set()
    if not isinstance(part, Term) or depth not in part.bound or part.serial in seen:
        return set()
    seen.add(part.serial)
    return {part} if part.op == "bound" and part.args[0] == depth else _symbols(part.args, depth, seen)
