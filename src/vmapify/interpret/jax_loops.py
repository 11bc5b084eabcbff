"""Loops of JAX: `scan`, `fori_loop`, `while_loop`, `map`, `associative_scan`. Their functions are run once for all steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.domain.dtypes import DType
from vmapify.domain.integers import constant
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, Number, Tuple, Value
from vmapify.interpret.abstraction import Symbols, Traced, arrays, operands, parts, traced
from vmapify.interpret.trees import Structure, Tree, put_together, taken_apart
from vmapify.library import indexing
from vmapify.library.operands import plain
from vmapify.library.protocol import Arguments
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    import ast

    from vmapify.domain.term import Term
    from vmapify.interpret.running import Running


def named(args: Arguments, names: tuple[str, ...]) -> dict[str, Value] | None:
    """The arguments by name; None if there are others."""
    if len(args.positional) > len(names) or set(args.keywords) - set(names):
        return None
    return {**dict(zip(names, args.positional, strict=False)), **args.keywords}


def carried(machine: Running, value: Value) -> tuple[Tree, tuple[Array, ...]] | None:
    """What a loop begins with: its structure, and its leaves as arrays."""
    tree = taken_apart(machine, value)
    leaves = arrays(machine, tree.leaves) if tree is not None else None
    return (tree, leaves) if tree is not None and leaves is not None else None


def kept_types(first: tuple[Array, ...], last: tuple[Array, ...]) -> tuple[Array, ...] | None:
    """The types of what a loop leaves that began with ``first``, if a step gives ``last``; None if they change.

    The base dtype stays, else JAX raises, or begins anew with a stronger type; whether it is weak is what a step says.
    """
    if len(first) != len(last):
        return None
    found: list[Array] = []
    for one, other in zip(first, last, strict=True):
        a, b = one.dtype, other.dtype
        exact = {"any", "floating"}
        if a is not None and b is not None and a.name != b.name and not {a.name, b.name} & exact:
            return None
        base = b if a is None or b is None or a.name in exact else DType(a.name, b.weak)
        if a is not None and a.weak and b is not None and b.name in exact:
            base = None  # a weak type may give way to another one
        found.append(replace(one, dtype=base, like=None if one.shape is not None else one.like or one.term))
    return tuple(found)


def _steady(first: tuple[Array, ...], last: tuple[Array, ...]) -> bool:
    """Whether a step certainly takes what it gives: the same shapes wherever both are known."""
    return all(
        one.shape is None or other.shape is None or len(one.shape) == len(other.shape)
        for one, other in zip(first, last, strict=True)
    )


# -- scan ---------------------------------------------------------------------------------------------------
SCAN = ("f", "init", "xs", "length", "reverse", "unroll")


def scan(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.scan(f, init, xs)``."""
    given = named(args, SCAN)
    if given is None or "f" not in given or "init" not in given:
        return None
    first = carried(machine, given["init"])
    rows = carried(machine, given.get("xs", NONE))
    count = _steps(rows[1], given.get("length", NONE)) if rows is not None else None
    backwards = plain(machine, given["reverse"]) if "reverse" in given else False
    if first is None or rows is None or count is None or backwards is None:
        return None
    body = _step(machine, given["f"], first, rows, node)
    pair = _of_pair(body) if body is not None else None
    if body is None or pair is None or pair[0].structure != first[0].structure:
        return None
    types = kept_types(first[1], pair[0].leaves)
    if types is None or not _steady(first[1], pair[0].leaves):
        return None
    whole = term("scan", body.whole, operands(first[1]), operands(rows[1]), count, backwards)
    made = iter(parts(whole, (*types, *(_rows(one, count) for one in pair[1].leaves))))
    carry = put_together(machine, first[0].structure, made)
    return Tuple((carry, put_together(machine, pair[1].structure, made)))


def _steps(rows: tuple[Array, ...], length: Value) -> Term | None:
    if any(one.shape == () for one in rows):
        return None
    found = {extent(one, 0) for one in rows}
    if not found and isinstance(length, Number) and length.kind == "int" and not length.term.lanes:
        return length.term
    return found.pop() if len(found) == 1 else None


def _step(
    machine: Running,
    function: Value,
    first: tuple[Tree, tuple[Array, ...]],
    rows: tuple[Tree, tuple[Array, ...]],
    node: ast.AST,
) -> Traced | None:
    def symbols(make: Symbols) -> Arguments:
        carry = put_together(machine, first[0].structure, iter([make.like(one) for one in first[1]]))
        every = [make.like(indexing.row(one, constant(0))) for one in rows[1]]
        return Arguments((carry, put_together(machine, rows[0].structure, iter(every))))

    return traced(machine, function, symbols, node)


@dataclass(frozen=True, slots=True)
class _Given:
    """A part of what a step gives."""

    structure: Structure
    leaves: tuple[Array, ...]


def _of_pair(body: Traced) -> tuple[_Given, _Given] | None:
    """What a step gives: the carry and the row."""
    structure = body.structure
    if structure.kind != "tuple" or len(structure.children) != 2:
        return None
    size = structure.children[0].size
    return _Given(structure.children[0], body.leaves[:size]), _Given(structure.children[1], body.leaves[size:])


def _rows(one: Array, count: Term) -> Array:
    dtype = one.dtype if one.dtype is not None and not one.dtype.weak else None
    return Array(one.term, dtype, (count, *one.shape) if one.shape is not None else None)


# -- while and for ------------------------------------------------------------------------------------------
def while_loop(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.while_loop(condition, body, init)``."""
    given = named(args, ("cond_fun", "body_fun", "init_val"))
    first = carried(machine, given["init_val"]) if given is not None and len(given) == 3 else None
    if given is None or first is None:
        return None

    def symbols(make: Symbols) -> Arguments:
        return Arguments((put_together(machine, first[0].structure, iter([make.like(one) for one in first[1]])),))

    condition = traced(machine, given["cond_fun"], symbols, node)
    body = traced(machine, given["body_fun"], symbols, node)
    if condition is None or body is None:
        return None
    return _left(machine, first, body, term("while", condition.whole, body.whole, operands(first[1])))


def fori_loop(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.fori_loop(lower, upper, body, init)``."""
    given = named(args, ("lower", "upper", "body_fun", "init_val", "unroll"))
    if given is None or set(given) - {"unroll"} != {"lower", "upper", "body_fun", "init_val"}:
        return None
    ends = arrays(machine, (given["lower"], given["upper"]))
    first = carried(machine, given["init_val"])
    if ends is None or first is None:
        return None
    if machine.traces and any(one.term.lanes for one in ends):
        return None  # with an end that is known it has a derivative, with one that is traced it has none
    same = ends[0].dtype if ends[0].dtype == ends[1].dtype else None
    number = Array(ends[0].term, same if same is not None and same.is_integer else None, ())

    def symbols(make: Symbols) -> Arguments:
        step = make.like(number)
        carry = put_together(machine, first[0].structure, iter([make.like(one) for one in first[1]]))
        return Arguments((step, carry))

    body = traced(machine, given["body_fun"], symbols, node)
    if body is None:
        return None
    return _left(machine, first, body, term("fori", body.whole, operands(ends), operands(first[1])))


def _left(machine: Running, first: tuple[Tree, tuple[Array, ...]], body: Traced, whole: Term) -> Value | None:
    """What a loop leaves of what it carries."""
    types = kept_types(first[1], body.leaves) if body.structure == first[0].structure else None
    if types is None or not _steady(first[1], body.leaves):
        return None
    return put_together(machine, first[0].structure, iter(parts(whole, types)))


# -- associative scan ---------------------------------------------------------------------------------------
def associative_scan(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.associative_scan(f, elements)``: the function sees parts of any length."""
    given = named(args, ("fn", "elems", "reverse", "axis"))
    if given is None or "fn" not in given or "elems" not in given:
        return None
    first = carried(machine, given["elems"])
    details = tuple(plain(machine, given[name]) if name in given else "" for name in ("reverse", "axis"))
    if first is None or None in details:
        return None

    def symbols(make: Symbols) -> Arguments:
        sides = [[replace(make.like(one), shape=None, like=None) for one in first[1]] for _ in range(2)]
        return Arguments(tuple(put_together(machine, first[0].structure, iter(side)) for side in sides))

    body = traced(machine, given["fn"], symbols, node)
    if body is None or body.structure != first[0].structure:
        return None
    same = tuple(
        replace(one, dtype=one.dtype if one.dtype == other.dtype else None)
        for one, other in zip(first[1], body.leaves, strict=True)
    )
    whole = term("associative_scan", body.whole, operands(first[1]), *details)
    return put_together(machine, first[0].structure, iter(parts(whole, same)))
