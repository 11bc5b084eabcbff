"""What the statements of a loop body contribute to collectors: each is classified once, whatever it is mixed with.

A spelling is a matcher here (or, for accumulators, in `operations`): it looks at one statement and knows of no other.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop.buffers import grown
from vmapify.patterns.body import statements_in
from vmapify.patterns.operations import Term, term_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import Obstacle, Result, Table
    from vmapify.patterns.names import Names

METHODS = {"set", "add", "multiply", "mul", "divide", "power", "min", "max"}


@dataclass(frozen=True, slots=True)
class Append:
    """``results.append(element)``: ``guard`` is the statement that makes it conditional or repeated, if any.

    ``key`` is that of a list in a dict, ``results["loss"].append(element)``. ``results.extend([a, b])`` is two of them.
    """

    name: str
    element: ast.expr
    statement: ast.stmt
    guard: ast.stmt | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """``out = out.at[index].method(element)`` if ``is_update``, else ``out[index] = element``: a row of a buffer or dict."""

    name: str
    element: ast.expr
    statement: ast.stmt
    guard: ast.stmt | None
    index: ast.expr
    method: str
    is_update: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """What becomes of contributions: the results of the loop, what speaks against them, where dicts of lists are stacked.

    ``again``: statements that contribute to a result besides its own.
    """

    results: tuple[Result, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    tables: tuple[Table, ...] = ()
    again: tuple[ast.stmt, ...] = ()

    def __add__(self, other: Gathered) -> Gathered:
        return Gathered(
            (*self.results, *other.results),
            (*self.obstacles, *other.obstacles),
            (*self.tables, *other.tables),
            (*self.again, *other.again),
        )


@dataclass(frozen=True, slots=True)
class Contributions:
    """The statements of a body by what they contribute, each kind in source order."""

    appends: tuple[Append, ...] = ()
    writes: tuple[Write, ...] = ()
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.appends or self.writes or self.terms)


def contributions(body: Sequence[ast.stmt], names: Names) -> Contributions:
    """Everything that ``body`` adds to lists, writes to buffers and takes up into accumulators, at any depth."""
    appends: list[Append] = []
    writes: list[Write] = []
    terms: list[Term] = []
    for statement, guard in statements_in(body):
        if added := _appended(statement, guard):
            appends += added
        elif (write := _written(statement, guard)) is not None:
            writes.append(write)
        elif (term := term_of(statement, guard, names)) is not None:
            terms.append(term)
    return Contributions(tuple(appends), tuple(writes), tuple(terms))


def _appended(statement: ast.stmt, guard: ast.stmt | None) -> list[Append]:
    found = grown(statement)
    named = _list_named(found[0]) if found is not None else None
    if found is None or named is None:
        return []
    return [Append(named[0], element, statement, guard, named[1]) for element in found[1]]


def _list_named(collector: ast.expr) -> tuple[str, str | None] | None:
    """The name of a list, or that of a dict of lists with the key; None for any other collector."""
    match collector:
        case ast.Name(id=name):
            return name, None
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
            return name, key
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"),
            args=[ast.Constant(value=str() as key), ast.List(elts=[])],
            keywords=[],
        ):
            return name, key
    return None


def _written(statement: ast.stmt, guard: ast.stmt | None) -> Write | None:
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Subscript(value=ast.Attribute(value=ast.Name(id=base), attr="at"), slice=index),
                    attr=str(method),
                ),
                args=[element],
                keywords=[],
            ),
        ) if name == base and method in METHODS:
            return Write(name, element, statement, guard, index, method, is_update=True)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=element):
            return Write(name, element, statement, guard, index, "set", is_update=False)
    return None
