"""Index arithmetic on source text: the shortest slice that visits what the index visits."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import Kind, Linear
from vmapify.loop.model import IndexSource

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine, Value
    from vmapify.loop.model import LoopModel


ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)


@dataclass(frozen=True, slots=True)
class Bound:
    """An integer as source text plus an offset: ``n - 1`` is ("n", -1), a literal is ("", value)."""

    text: str
    offset: int
    number: Linear | None

    def plus(self, more: int) -> Bound:
        """This bound moved by ``more``."""
        number = self.number + Linear(more) if self.number is not None else None
        return Bound(self.text, self.offset + more, number)

    def __str__(self) -> str:
        if not self.text:
            return str(self.offset)
        if not self.offset:
            return self.text
        return f"{self.text} {'+' if self.offset > 0 else '-'} {abs(self.offset)}"

    @property
    def is_zero(self) -> bool:
        """Whether this is certainly 0."""
        return not self.text and self.offset == 0


def bound(node: ast.expr | None, value: Value | None, text: str) -> Bound:
    """The bound a ``range`` argument stands for; ``node=None`` is 0."""
    number = value.number if value is not None else None
    match node:
        case None:
            return Bound("", 0, Linear(0))
        case ast.Constant(value=int() as literal):
            return Bound("", literal, Linear(literal))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as literal)):
            return Bound("", -literal, Linear(-literal))
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=int() as more)):
            return Bound(_left(left), more, number)
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int() as more)):
            return Bound(_left(left), -more, number)
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
            return Bound(text, 0, number)
    return Bound(text if _is_term(node) else f"({text})", 0, number)


def _left(node: ast.expr) -> str:
    """The text of the left operand of ``n + 1``, in parentheses where it needs them."""
    plain = ast.unparse(node)
    return plain if _is_term(node) else f"({plain})"


def _is_term(node: ast.expr) -> bool:
    """Whether ``+ 1`` may follow: it binds no tighter than what ``node`` is made of."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ARITHMETIC)
    return isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)


def sliced(start: Bound, stop: Bound, extent: Linear | None) -> str | None:
    """Slice text for the rows start … stop - 1 of an axis of length ``extent``; None for all of them.

    The end is left open where it provably is the extent; where it is the extent less a constant it is written as a
    negative index, otherwise as the bound itself.
    """
    tail = None
    if extent is not None and stop.number is not None:
        tail = (extent - stop.number).value
    head = "" if start.is_zero else str(start)
    if tail == 0:
        return (f"{head}:" if _simple(start) else f"{head} :") if head else None
    if tail is not None and tail > 0 and stop.text:
        return f"{head}:-{tail}"
    if all(_simple(entry) for entry in (start, stop)):
        return f"{head}:{stop}"
    return f"{head} : {stop}".lstrip()


def stepped(start: Bound, stop: Bound, step: int, extent: Linear | None) -> str | None:
    """Slice text for the rows start, start + step, … before stop; for a negative step down to row 0."""
    if step < 0:
        last = start.number is not None and extent is not None and (extent - start.number).value == 1
        return f"::{step}" if last else f"{start}::{step}" if _simple(start) else f"{start} :: {step}"
    rows = sliced(start, stop, extent)
    if step == 1:
        return rows
    if rows is None:
        return f"::{step}"
    if " " not in rows:
        return f"{rows}:{step}"
    return f"{rows}: {step}" if rows.endswith(":") else f"{rows} : {step}"


def inside(start: Bound, stop: Bound, extent: Linear | None) -> bool:
    """Whether 0 <= start and stop <= extent are certain: JAX clamps an index outside, a slice just ends."""
    if start.text or start.offset < 0 or extent is None or stop.number is None:
        return False
    room = (extent - stop.number).value
    return room is not None and room >= 0


def _simple(entry: Bound) -> bool:
    """Names and numbers stand close to the colon, anything else gets spaces around it (Black's rule)."""
    return not entry.text or (not entry.offset and entry.text.isidentifier())


def counted(machine: Machine, model: LoopModel, frame: Frame) -> frozenset[str]:
    """The unknown values that the loop counts by, as ``n`` of ``range(n - 1)``: it runs only if they are integers."""
    sources = [source for space in model.spaces for source in space.sources if isinstance(source, IndexSource)]
    ends = [end for source in sources for end in (source.start, source.stop, source.step) if end is not None]
    found = (machine.value(part, frame) for end in ends for part in _operands(end))
    return frozenset(
        value.ident for value in found if value.kind is Kind.UNKNOWN and not value.traced and value.ident is not None
    )


def _operands(node: ast.expr) -> list[ast.expr]:
    """The names that sums, differences and products are made of: any of them that is no integer spoils the whole."""
    match node:
        case ast.Name() | ast.Attribute():
            return [node]
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return [*_operands(left), *_operands(right)]
    return []
