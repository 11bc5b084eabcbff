"""Values that nothing can change."""

from __future__ import annotations

from vmapify.domain.term import Term
from vmapify.domain.value import (
    Applied,
    Array,
    Bound,
    ClassValue,
    DTypeOf,
    Function,
    HostScalar,
    Library,
    Number,
    Outer,
    ProjectModule,
    Range,
    ShapeOf,
    Singleton,
    SliceValue,
    Text,
    Tuple,
    Unknown,
    Value,
)

PLAIN = (
    Number
    | Text
    | Singleton
    | Array
    | HostScalar
    | Library
    | ProjectModule
    | ClassValue
    | Outer
    | Range
    | ShapeOf
    | DTypeOf
    | Unknown
)


def lasting(value: Value) -> Value | None:
    """``value``, if neither it nor anything that it leads to can change; else None."""
    if isinstance(value, PLAIN):
        return value
    inner = _inner(value)
    return value if inner is not None and all(lasting(one) is not None for one in inner) else None


def settled(value: Value | None) -> Value | None:
    """``value``, made on a heap that is given up, if it means the same without; else None.

    A function or class that was made in a function closes over a frame of that heap, and what is not known there is
    numbered as what happened there.
    """
    return value if value is not None and lasting(value) is not None and _is_settled(value) else None


def _is_settled(value: Value) -> bool:
    match value:
        case Function(frame=frame, owner=owner) if frame or (owner is not None and owner.frame):
            return False
        case ClassValue(frame=frame) if frame:
            return False
        case Outer(cls=cls) if cls.frame:
            return False
    if _is_numbered(getattr(value, "term", None)):
        return False
    return all(_is_settled(one) for one in _inner(value) or ())


def _is_numbered(found: object) -> bool:
    """Whether a term speaks of something that is known by when it happened."""
    pending, seen = [found], set[object]()
    while pending:
        one = pending.pop()
        if isinstance(one, tuple):
            pending += one
        elif isinstance(one, Term) and one not in seen:
            seen.add(one)
            if one.op in _NUMBERED:
                return True
            pending += one.args
    return False


_NUMBERED = {"result", "after", "since", "truth-of", "happened"}


def _inner(value: Value) -> tuple[Value, ...] | None:
    """What an immutable value holds; None if it is none."""
    match value:
        case SliceValue(start, stop, step):
            return (start, stop, step)
        case Tuple(items):
            return items
        case Function(defaults=defaults, keyword_defaults=keywords):
            return (*defaults, *(one for _, one in keywords))
        case Applied(inner=function, args=args, keywords=keywords):
            return (function, *args, *(one for _, one in keywords))
        case Bound(receiver=receiver, function=function) if function is not None:
            return (receiver, function)
    return None
