"""What a function gives for arguments that may be anything: how `grad`, `scan` and their kind see the function they get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.domain.term import TRACED, Term, lane, term
from vmapify.domain.value import Array, Function, Library, Value
from vmapify.interpret.trees import Structure, mapped, taken_apart
from vmapify.library.operands import as_array

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.interpret.running import Running
    from vmapify.library.protocol import Arguments


@dataclass(frozen=True, slots=True)
class Traced:
    """``whole`` stands for the function. ``leaves`` are what it gives, of which the types hold for all arguments."""

    whole: Term
    structure: Structure
    leaves: tuple[Array, ...]


def pure(machine: Running, function: Value, args: Arguments, node: ast.AST) -> Value | None:
    """Call a function that JAX traces: it must not do anything but compute, since it runs once or not at all.

    None if it changes an object that was there before, or does what is not modelled.
    """
    before, log = machine.heap.copy(), machine.log
    machine.traces += 1
    try:
        made = machine.call(function, args, node)
    finally:
        machine.traces -= 1
    return None if machine.log != log or machine.heap.differs(before) else made


class Symbols:
    """Makes the symbols for the arguments of one function, numbered in order."""

    def __init__(self, machine: Running, depth: int) -> None:
        self._machine = machine
        self._depth = depth
        self._made = 0

    def of(self, value: Value, change: Callable[[Array], Array | None] = lambda one: one) -> Value | None:
        """``value`` with a symbol for every leaf, of the type of what ``change`` makes of it; None if one is no array."""
        return mapped(self._machine, value, lambda leaf: self._symbol(leaf, change))

    def like(self, array: Array) -> Array:
        """A symbol of the type of ``array``."""
        # what differs from lane to lane must not be asked for its truth, under whichever name
        lanes = tuple(lane(level) for level in sorted(array.term.lanes))
        symbol = term("bound", self._depth, self._made, lanes)
        self._made += 1
        like = None if array.shape is not None else array.like or array.term
        return Array(symbol, array.dtype, array.shape, like)

    def _symbol(self, leaf: Value, change: Callable[[Array], Array | None]) -> Array | None:
        array = as_array(self._machine, leaf)
        found = change(array) if array is not None else None
        return self.like(found) if found is not None else None


def traced(
    machine: Running, function: Value, arguments: Callable[[Symbols], Arguments | None], node: ast.AST
) -> Traced | None:
    """Run ``function`` once for all arguments; None if it does more than compute arrays, or they are not modelled."""
    if not isinstance(function, Function) and _is_number_like(function):
        return None
    with machine.tracing() as depth:
        args = arguments(Symbols(machine, depth))
        made = pure(machine, function, args, node) if args is not None else None
        return _closed(machine, depth, made) if made is not None else None


def _is_number_like(function: Value) -> bool:
    """Whether ``function`` is a type of Python's numbers, which wants concrete values."""
    return isinstance(function, Library) and function.name.startswith("builtins.")


def _closed(machine: Running, depth: int, made: Value) -> Traced | None:
    tree = taken_apart(machine, made)
    if tree is None:
        return None
    leaves = tuple(one for leaf in tree.leaves if (one := as_array(machine, leaf)) is not None)
    if len(leaves) != len(tree.leaves):
        return None
    whole = term(TRACED, depth, tree.structure, tuple((one.term, one.dtype) for one in leaves))
    return Traced(whole, tree.structure, tuple(_outside(one, depth) for one in leaves))


def _outside(leaf: Array, depth: int) -> Array:
    """A leaf, its type without what depends on the arguments."""
    if leaf.shape is not None and any(depth in one.bound for one in leaf.shape):
        leaf = replace(leaf, shape=None)
    if leaf.like is not None and depth in leaf.like.bound:
        leaf = replace(leaf, like=None)
    return leaf


def parts(whole: Term, types: tuple[Array, ...]) -> tuple[Array, ...]:
    """The arrays that ``whole`` gives, of these types."""
    return tuple(
        Array(term("part-of", whole, number), one.dtype, one.shape, one.like) for number, one in enumerate(types)
    )


def operands(leaves: tuple[Array, ...]) -> tuple[tuple[Term, object], ...]:
    """Arrays as arguments of a term."""
    return tuple((one.term, one.dtype) for one in leaves)


def arrays(machine: Running, values: tuple[Value, ...]) -> tuple[Array, ...] | None:
    """Values as JAX takes them for arrays; None if one is none."""
    found = tuple(as_array(machine, one) for one in values)
    return None if None in found else found  # type: ignore[return-value]
