"""Branches of JAX: `cond` and `switch`. Every branch is traced, whatever the condition is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import Applied, Array, Bound, Function, Library, Reference, Tuple, Value
from vmapify.heap.objects import Lanes, ListObject
from vmapify.interpret.abstraction import operands, parts, pure
from vmapify.interpret.trees import mapped, put_together, taken_apart
from vmapify.library.operands import as_array
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    import ast

    from vmapify.interpret.running import Running

CALLABLE = (Function, Library, Applied, Bound)


def cond(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.cond(predicate, one, other, *operands)``."""
    if len(args.positional) < 3 or set(args.keywords) - {"operand"}:
        return None
    predicate, one, other, *rest = args.positional
    given = (*rest, *args.keywords.values())
    if not isinstance(one, CALLABLE) or not isinstance(other, CALLABLE):
        return None
    return _chosen(machine, predicate, (one, other), given, node)


def switch(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.switch(index, branches, *operands)``."""
    if len(args.positional) < 2 or args.keywords:
        return None
    index, branches, *rest = args.positional
    several: tuple[object, ...] = ()
    if isinstance(branches, Tuple):
        several = branches.items
    elif isinstance(branches, Reference):
        found = machine.heap.read(branches.place)
        several = found.parts if isinstance(found, ListObject) else ()
    if not several or any(isinstance(one, Lanes) for one in several):
        return None
    return _chosen(machine, index, several, tuple(rest), node)  # type: ignore[arg-type]


def _chosen(
    machine: Running, choice: Value, branches: tuple[Value, ...], given: tuple[Value, ...], node: ast.AST
) -> Value | None:
    by = as_array(machine, choice)
    arguments = tuple(mapped(machine, one, lambda leaf: as_array(machine, leaf)) for one in given)
    if by is None or None in arguments:
        return None
    made = [pure(machine, one, Arguments(arguments), node) for one in branches]  # type: ignore[arg-type]
    trees = [taken_apart(machine, one) if one is not None else None for one in made]
    first = trees[0]
    if first is None or any(one is None or one.structure != first.structure for one in trees):
        return None
    columns = [[as_array(machine, leaf) for leaf in one.leaves] for one in trees if one is not None]
    if any(leaf is None for column in columns for leaf in column):
        return None
    if (by.term.lanes or by.term.bound) and _may_not_end([leaf.term for column in columns for leaf in column if leaf]):
        return None  # under `vmap` every row runs all branches, and a row that would not have may run for ever
    rows = list(zip(*columns, strict=True))
    whole = term("switch", operands((by,)), tuple(operands(column) for column in columns))  # type: ignore[arg-type]
    types = tuple(_common(row) for row in rows)
    return put_together(machine, first.structure, iter(parts(whole, types)))


def _may_not_end(whole: list[Term]) -> bool:
    """Whether something in these terms is a loop of JAX that runs as often as values say."""
    pending: list[object] = list(whole)
    seen: set[Term] = set()
    while pending:
        one = pending.pop()
        if isinstance(one, tuple):
            pending += one
        elif isinstance(one, Term) and one not in seen:
            seen.add(one)
            if one.op == "while" or (one.op == "fori" and any(end.lanes or end.bound for end, _ in one.args[1])):
                return True
            pending += one.args
    return False


def _common(row: tuple[Array, ...]) -> Array:
    """The type that all branches agree on: JAX raises if they do not, but for weak types."""
    first = row[0]
    dtype = first.dtype if all(one.dtype == first.dtype for one in row) else None
    known = next((one.shape for one in row if one.shape is not None), None)
    return Array(first.term, dtype, known, None if known is not None else first.like or first.term)
