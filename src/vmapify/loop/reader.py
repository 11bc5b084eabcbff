"""What mapping reads and makes: mapped arguments, the loop being read, one row of an array."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ALIKE, ARRAYS, LEAVES, Assumed, Kind, Linear, Value
from vmapify.infer.expressions import element
from vmapify.loop.model import Obstacle
from vmapify.syntax import is_full_slice

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine
    from vmapify.loop.bounds import Bound
    from vmapify.loop.model import LoopModel


UNLIKE = {
    Kind.STRING,
    Kind.NONE,
    Kind.FUNCTION,
    Kind.CLASS,
    Kind.MODULE,
    Kind.RANGE,
    Kind.SHAPE,
    Kind.ITERATOR,
    Kind.SET,
    Kind.NUMBER,
}
"""What no array is made of, however alike the entries of a list are."""


class Own(Enum):
    """A name of JAX that each file spells in its own way."""

    JNP = auto()
    TREE_MAP = auto()


Spelled = tuple[str | Own, ...]
"""Source text, in pieces, with the names that are spelled as the file does."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One mapped argument of the per-example function.

    ``spelled`` is what is passed and ``axis`` its ``in_axes`` entry. It fills the loop target ``target``, or takes
    the place of the row reads ``reads`` of ``base`` in the body (``offset`` rows away from the index, behind ``prefix`` fixed
    index entries that are part of ``spelled``).
    ``index``: it is the index itself. ``whole``: the loop certainly visits all of its rows, ``entire``: all of ``base`` is
    passed, as it stands. ``value`` is what one lane of it is.
    """

    spelled: Spelled
    axis: int
    value: Value
    target: ast.expr | None = None
    base: ast.expr | None = None
    reads: tuple[ast.Subscript | ast.Call | ast.DictComp, ...] = ()
    offset: int = 0
    prefix: int = 0
    index: bool = False
    whole: bool = False
    entire: bool = False

    def fills(self, name: str, axis: int, offset: int) -> bool:
        """Whether all of ``name`` is passed, so that it has as many rows on ``axis`` as there are iterations."""
        own = isinstance(self.base, ast.Name) and self.base.id == name
        return own and self.entire and bool(self.reads) and (self.axis, self.offset) == (axis, offset)


def rest_of(read: ast.expr, argument: Argument) -> list[ast.expr]:
    """The index entries that remain on the row: ``xs[i, 0]`` leaves ``[0]``, ``xs[:, i]`` none."""
    if not isinstance(read, ast.Subscript):
        return []  # a row of a whole tree
    parts = read.slice.elts if isinstance(read.slice, ast.Tuple) else [read.slice]
    parts = parts[argument.prefix :]
    position = argument.axis if argument.axis >= 0 else len(parts) - 1
    left = parts[:position] if argument.axis >= 0 else []
    rest = [*left, *parts[position + 1 :]]
    return [] if all(is_full_slice(part) for part in rest) else rest


@dataclass(frozen=True, slots=True)
class Visited:
    """What an index visits: ``range(start, stop, step)``."""

    start: Bound
    stop: Bound
    step: int | str


class Mapping:
    """The mapped arguments of a single loop level, with what had to be assumed and what cannot be mapped.

    ``trip`` is the trip count and ``trip_text`` its source text; ``start`` and ``stop`` are the bounds of the index,
    ``bounds`` those of every index by name. ``count`` is how many entries a ``range`` has that others are zipped with.
    ``size`` is the text of the ``axis_size`` to pass, where no argument shows how many iterations there are.
    """

    def __init__(self) -> None:
        self.arguments: list[Argument] = []
        self.assumptions: list[Assumption] = []
        self.obstacles: list[Obstacle] = []
        self.trip: Linear | None = None
        self.trip_text = ""
        self.start: Bound | None = None
        self.stop: Bound | None = None
        self.bounds: dict[str, Visited] = {}
        self.count: Bound | None = None
        self.size: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    machine: Machine
    model: LoopModel
    frame: Frame
    changing: frozenset[str]
    mapped: list[Argument]

    @property
    def nodes(self) -> list[ast.AST]:
        return [*self.model.body, *(result.element for result in self.model.results)]

    def value(self, node: ast.expr) -> Value:
        return self.machine.value(node, self.frame)

    def text(self, node: ast.expr) -> str:
        return self.model.module.text(node)

    def anchored(self, axis: int) -> bool:
        """Whether another argument certainly has one row an iteration, so that ``vmap`` checks the lengths."""
        return any(argument.whole for argument in self.mapped) and axis >= 0


def row_of(reader: Reader, value: Value, node: ast.expr, mapping: Mapping) -> Value | None:
    """What one row of ``node`` is under ``vmap``; None (and an obstacle) if it has no rows to map."""
    row = element(reader.machine, value)
    if value.kind in ARRAYS:
        if value.dtype in {"key", "rbg"} and value.shape == ():
            mapping.obstacles.append(Obstacle.of("not-arrays", "single-key", node, key=reader.text(node)))
            return None
        if value.kind is Kind.NDARRAY:
            mapping.assumptions.append(Assumption.of("numpy-input", "rows", rows=reader.text(node)))
        return row._replace(kind=Kind.ARRAY, traced=True, ident=None)
    if value.kind is Kind.UNKNOWN:
        text = reader.text(node)
        mapping.assumptions.append(Assumption.of("array-like", "rows", rows=text))
        return Value(Kind.ARRAY, traced=True, assumed=Assumed.of(node, text))
    if value.const is ALIKE and (stacked := _row_of_alike(row)) is not None:
        return stacked
    if value.const is LEAVES:
        mapping.obstacles.append(Obstacle.of("ragged-shapes", "leaves", node, rows=reader.text(node)))
        return None
    if value.kind in {Kind.LIST, Kind.TUPLE} and row.kind is Kind.ARRAY:
        if value.shape is None and (row.shape is None or None in row.shape):
            mapping.obstacles.append(
                Obstacle.of("ragged-shapes", "sequence-of-arrays", node, rows=reader.text(node), kind=value.kind.value)
            )
            return None
        return row._replace(traced=True, ident=None)
    if (number := number_in(reader, value)) is not None:
        mapping.assumptions.append(Assumption.of("number-input", "rows", rows=reader.text(node)))
        return number
    if _is_rest(reader, node):
        mapping.obstacles.append(Obstacle.of("ragged-shapes", "separate-arguments", node, rows=reader.text(node)))
        return None
    if value.kind in {Kind.LIST, Kind.TUPLE} and row.kind not in UNLIKE:
        alike = Obstacle.of("not-arrays", "perhaps-alike", node, rows=reader.text(node), kind=value.kind.value)
        mapping.obstacles.append(alike)
        return None
    kind = (
        f"{'an' if value.kind.value[0] in 'aeiou' else 'a'} {value.kind.value}"
        if value.kind is not Kind.INSTANCE
        else "an object"
    )
    mapping.obstacles.append(Obstacle.of("not-arrays", "other-rows", node, rows=reader.text(node), kind=kind))
    return None


def number_in(reader: Reader, value: Value) -> Value | None:
    """A row of the array that is made of Python numbers of one type; None if ``value`` holds something else."""
    row = element(reader.machine, value)
    if value.kind is Kind.RANGE or (value.kind in {Kind.LIST, Kind.TUPLE} and row.kind is Kind.NUMBER):
        kinds = {item.dtype for item in value.items} if value.items else {row.dtype}
        if value.kind is not Kind.RANGE and not kinds <= {"int", "float", "complex"}:
            return None
        dtype = "int" if kinds <= {"int"} else "complex" if "complex" in kinds else "float"
        return Value(Kind.ARRAY, traced=True, shape=(), dtype=dtype, index=dtype == "int")
    return None


def _row_of_alike(row: Value) -> Value | None:
    """A row of the stack of entries like ``row``, which a run showed to have one structure; None if it cannot be stacked."""
    if row.kind in {*ARRAYS, Kind.NUMBER}:
        return row._replace(
            kind=Kind.ARRAY, traced=True, shape=row.shape if row.kind in ARRAYS else (), ident=None, const=None
        )
    if row.kind is Kind.PYTREE:
        return Value(Kind.UNKNOWN, traced=True)
    if row.kind not in {Kind.DICT, Kind.TUPLE, Kind.LIST} or not row.items:
        return None
    items = [_row_of_alike(item) for item in row.items]
    known = tuple(item for item in items if item is not None)
    return row._replace(items=known, element=None, traced=True, ident=None) if len(known) == len(items) else None


def as_one(value: Value, text: str) -> Spelled:
    """``text``, which stands for ``value``, as what is mapped over: the entries of a list or tuple have to be stacked."""
    if value.kind is Kind.RANGE:
        return Own.JNP, f".asarray({text})"
    if value.kind not in {Kind.LIST, Kind.TUPLE}:
        return (text,)
    row = value.items[0] if value.items else value.element
    if row is not None and row.kind is Kind.NUMBER:
        return Own.JNP, f".asarray({text})"
    if value.const is ALIKE and row is not None and row.kind not in ARRAYS:
        return Own.TREE_MAP, "(lambda *leaves: ", Own.JNP, f".stack(leaves), *{text})"
    return Own.JNP, f".stack({text})"


def _is_rest(reader: Reader, node: ast.expr) -> bool:
    """Whether ``node`` is the ``*args`` of the function around the loop."""
    function = reader.model.module.function_of(reader.model.anchor)
    rest = function.args.vararg if function is not None else None
    return rest is not None and isinstance(node, ast.Name) and node.id == rest.arg
