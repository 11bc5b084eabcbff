"""Values that an iteration takes over from the one before."""

from __future__ import annotations

from vmapify.domain.term import Term, term
from vmapify.domain.value import Applied, Bound, Function, SliceValue, Tuple
from vmapify.heap.objects import Lanes


def symbol(level: int, name: str) -> Term:
    """What ``name`` holds when an iteration of the loop at ``level`` begins."""
    return term("carried", level, name)


def holds(value: object, level: int) -> bool:
    """Whether ``value`` depends on what an earlier iteration of the loop at ``level`` left."""
    return _holds(value, level, set())


def _holds(value: object, level: int, seen: set[int]) -> bool:
    match value:
        case Term(op="carried", args=args):
            return args[0] == level
        case Term():
            if value.serial in seen:
                return False
            seen.add(value.serial)
            return any(_holds(one, level, seen) for one in value.args)
        case tuple():
            return any(_holds(one, level, seen) for one in value)
        case Tuple(items):
            return _holds(items, level, seen)
        case Lanes(value=inner):
            return _holds(inner, level, seen)
        case Applied(inner=inner, args=args, keywords=keywords):
            return _holds((inner, *args, *(one for _, one in keywords)), level, seen)
        case Bound(receiver=receiver, function=function, detail=detail):
            return _holds((receiver, function, detail), level, seen)
        case SliceValue(start, stop, step):
            return _holds((start, stop, step), level, seen)
        case Function(defaults=defaults, keyword_defaults=keywords):
            return _holds((*defaults, *(one for _, one in keywords)), level, seen)
    return (
        _holds(value.term, level, seen) or _holds(getattr(value, "shape", None), level, seen)
        if hasattr(value, "term")
        else False
    )
