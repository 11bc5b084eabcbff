"""Abstract values: what static analysis knows about the value of an expression."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from vmapify.syntax import code_key

if TYPE_CHECKING:
    import ast

    from vmapify.infer.callables import Target
    from vmapify.infer.linear_forms import Linear
    from vmapify.syntax.structure import Key


class Kind(enum.Enum):
    """The kinds of value that the difference between a loop and ``vmap`` depends on."""

    ARRAY = "JAX array"
    NDARRAY = "NumPy array"
    NUMBER = "Python number"
    STRING = "string"
    NONE = "None"
    TUPLE = "tuple"
    LIST = "list"
    DICT = "dict"
    SET = "set"
    SHAPE = "shape"
    RANGE = "range"
    ITERATOR = "iterator"
    FUNCTION = "function"
    CLASS = "class"
    INSTANCE = "object"
    MODULE = "module"
    AT = "indexed update"
    PYTREE = "pytree"
    UNKNOWN = "unknown value"

    __hash__ = object.__hash__  # one object a kind; the hash of an enumeration is a function of Python


@dataclass(frozen=True, slots=True)
class Assumed:
    """Code that is only taken to be an array, by what it is and by its text; or, if ``entry``, an entry of it."""

    key: Key
    text: str = field(compare=False)
    entry: bool = False

    @classmethod
    def of(cls, node: ast.expr, text: str) -> Assumed:
        """What ``node`` stands for, with ``text`` to tell it by."""
        return cls(code_key(node), text)

    @property
    def part(self) -> Assumed:
        """What a part carries on: that an entry is used as an array shows nothing about what holds it."""
        return self if self.entry else replace(self, text=f"{self.text}[…]", entry=True)


Shape = tuple["Linear | None", ...]


class Value(NamedTuple):
    """What is known of one value: a tuple, because millions are made and a frozen dataclass takes three times as long.

    ``traced``: under ``vmap`` this would be (or hold) a tracer. ``index``: it is an integer computed from the loop
    index alone. ``shape``: one entry an axis, None where the extent is unknown; ``shape=None``: rank unknown.
    ``items``: the elements of a tuple or list of known length; ``element``: what all elements have in common.
    ``number``: the integer, symbolically. ``ident`` names the value, so that ``x.shape[0]`` has a symbol.
    ``assumed``: what is taken to be an array when the kind is only likely. ``born``: the evaluation that created a
    mutable object; older ones are shared with the surroundings.
    """

    kind: Kind
    traced: bool = False
    index: bool = False  # type: ignore[assignment] # no value is searched as a tuple
    shape: Shape | None = None
    dtype: str | None = None
    items: tuple[Value, ...] | None = None
    element: Value | None = None
    number: Linear | None = None
    const: object = None
    target: Target | None = None
    ident: str | None = None
    assumed: Assumed | None = None
    born: int = 0

    def with_traced(self, traced: bool) -> Value:
        """This value and all that it holds, traced if ``traced`` (or where it already is); None has nothing to trace."""
        if not traced or self.kind is Kind.NONE:
            return self
        items = tuple(item.with_traced(True) for item in self.items) if self.items is not None else None
        element = self.element.with_traced(True) if self.element is not None else None
        return self._replace(traced=True, items=items, element=element)


UNKNOWN = Value(Kind.UNKNOWN)
NONE = Value(Kind.NONE)
STRING = Value(Kind.STRING)
NUMBER = Value(Kind.NUMBER)
ROW = "a row of something that is no array"
LEAVES = "the leaves of a tree"
ARRAYS = (Kind.ARRAY, Kind.NDARRAY)
CALLED = {Kind.FUNCTION, Kind.MODULE}  # what an import gives may be either
ALTERNATIVES = 8  # of more functions than these it is not known which one a name stands for


def holds_tracer(value: Value) -> bool:
    """Whether ``value`` is a tracer or a container with one."""
    if value.traced:
        return True
    parts = (value.items or ()) + ((value.element,) if value.element is not None else ())
    return any(holds_tracer(part) for part in parts)


def surely_traced(value: Value) -> bool:
    """Whether a part of ``value`` that is known to be a value is a tracer; the rest may not depend on the iteration at all."""
    if value.traced and value.kind is not Kind.UNKNOWN:
        return True
    parts = (value.items or ()) + ((value.element,) if value.element is not None else ())
    return any(surely_traced(part) for part in parts)


def rows(value: Value) -> tuple[object, ...]:
    """Where in ``value`` tracers are."""
    parts = (value.items or ()) + ((value.element,) if value.element is not None else ())
    return (value.traced, *map(rows, parts))


def join(left: Value, right: Value) -> Value:
    """What two alternatives have in common."""
    if left == right:
        return left
    traced = left.traced or right.traced
    if {left.kind, right.kind} <= CALLED and (left.target != right.target or left.items != right.items):
        return _either(left, right)
    if left.kind is not right.kind or (left.kind is Kind.INSTANCE and left.const != right.const):
        numeric = {left.kind, right.kind} <= {Kind.ARRAY, Kind.NUMBER} and traced
        return Value(
            Kind.ARRAY if numeric else Kind.UNKNOWN,
            traced=traced or holds_tracer(left) or holds_tracer(right),
        )
    return Value(
        left.kind,
        traced=traced,
        index=left.index and right.index,
        shape=_join_shape(left.shape, right.shape),
        dtype=left.dtype if left.dtype == right.dtype else None,
        items=_join_items(left.items, right.items),
        element=_join_element(left.element, right.element),
        number=left.number if left.number == right.number else None,
        const=left.const if left.const == right.const else None,
        target=left.target if left.target == right.target else None,
        ident=left.ident if left.ident == right.ident else None,
        assumed=left.assumed or right.assumed,
        born=min(left.born, right.born),
    )


def _either(left: Value, right: Value) -> Value:
    """One of several functions: ``items`` are the alternatives, as long as they are few."""
    alternatives = list(left.items or (left,))
    alternatives += [one for one in (right.items or (right,)) if one not in alternatives]
    known = len(alternatives) <= ALTERNATIVES and all(one.target is not None for one in alternatives)
    return Value(Kind.FUNCTION, traced=left.traced or right.traced, items=tuple(alternatives) if known else None)


def _join_shape(left: Shape | None, right: Shape | None) -> Shape | None:
    if left is None or right is None or len(left) != len(right):
        return None
    return tuple(a if a == b else None for a, b in zip(left, right, strict=True))


def _join_items(left: tuple[Value, ...] | None, right: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    if left is None or right is None or len(left) != len(right):
        return None
    return tuple(join(a, b) for a, b in zip(left, right, strict=True))


def _join_element(left: Value | None, right: Value | None) -> Value | None:
    if left is None or right is None:
        return left or right
    return join(left, right)
