"""Values that nothing can change."""

from __future__ import annotations

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
    match value:
        case SliceValue(start, stop, step):
            inner: tuple[Value, ...] = (start, stop, step)
        case Tuple(items):
            inner = items
        case Function(defaults=defaults, keyword_defaults=keywords):
            inner = (*defaults, *(one for _, one in keywords))
        case Applied(inner=function, args=args, keywords=keywords):
            inner = (function, *args, *(one for _, one in keywords))
        case Bound(receiver=receiver, function=function) if function is not None:
            inner = (receiver, function)
        case _:
            return None
    return value if all(lasting(one) is not None for one in inner) else None
