"""Lists of results: what may happen to one between the loop that fills it and the calls that stack it."""

from __future__ import annotations

import ast
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle, Sink
from vmapify.patterns.projections import taken
from vmapify.syntax import COMPREHENSIONS, binding_names, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.patterns.names import Names
    from vmapify.patterns.projections import Column, Taken
    from vmapify.syntax.module import Block


def uses(name: str, names: Names, scope: ast.AST, inside: ast.AST) -> list[ast.Name]:
    """The reads of ``name`` in ``scope`` outside the loop ``inside``, in source order."""
    found = [use for use in names.module.named(name) if _is_use(use, names, scope, inside)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _is_use(use: ast.Name, names: Names, scope: ast.AST, inside: ast.AST) -> bool:
    """Whether ``use`` reads the variable of ``scope``, not the target of a comprehension that hides it."""
    if isinstance(use.ctx, ast.Store) or use is inside:
        return False
    below: ast.AST = use
    for outer in names.module.ancestors(use):
        if outer is inside or (isinstance(outer, COMPREHENSIONS) and _hides(outer, use, below)):
            return False
        if outer is scope:
            return True
        below = outer
    return False


def _hides(comprehension: ast.AST, use: ast.Name, below: ast.AST) -> bool:
    """Whether ``use``, in the part ``below`` of a comprehension, means a target of its own."""
    clauses: list[ast.comprehension] = comprehension.generators  # type: ignore[attr-defined]
    if not any(use.id in binding_names(clause.target) for clause in clauses):
        return False
    return not (below is clauses[0] and any(part is use for part in walk(clauses[0].iter)))


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a list of results: the calls that stack it, statements that only take it apart, other uses."""

    sinks: tuple[Sink, ...] = ()
    apart: tuple[ast.stmt, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


def fate_of(name: str, names: Names, scope: ast.AST, loop: ast.stmt) -> Fate:
    """What happens to the list ``name`` after ``loop``, up to the next statement that gives ``name`` another value."""
    until = rebinding(name, names, loop)
    fates = [_fate(use, loop, names) for use in uses_after(name, names, scope, loop, until)]
    if until is None:
        fates += fates_in_cells(name, names, scope, loop)
    return Fate(
        tuple(sink for fate in fates for sink in fate.sinks),
        tuple(dict.fromkeys(statement for fate in fates for statement in fate.apart)),
        tuple(obstacle for fate in fates for obstacle in fate.obstacles),
    )


def fates_in_cells(name: str, names: Names, scope: ast.AST, loop: ast.stmt) -> Iterator[Fate]:
    """What other cells of a notebook do with the list: whatever it is, they may do it again."""
    told: set[int] = set()
    for use in uses(name, names, scope, loop):
        if _from_nested_function(use, scope, names) is not None or not _in_other_cell(use, loop, scope, names):
            continue
        cell = _reading_cell(use, names)
        if cell is None:
            continue
        found = taken(use, names) if use.lineno > loop.lineno else None
        reads = Obstacle.of("results-used-elsewhere", "read-by-cell", use, cell=cell, list=name)
        obstacles = (reads,) if cell not in told else ()
        told.add(cell)
        yield Fate(found.sinks if found is not None else (), (), obstacles)


def uses_after(name: str, names: Names, scope: ast.AST, loop: ast.stmt, until: ast.stmt | None) -> Iterator[ast.Name]:
    """Reads of what the loop leaves in ``name``: behind it, in nested functions, or in the next round of a loop around."""
    around = [outer for outer in names.module.ancestors(loop) if isinstance(outer, ast.For | ast.While)]
    again = {id(node) for outer in around if name in upward_reads(outer.body) for node in walk(outer)}
    for use in uses(name, names, scope, loop):
        elsewhere = _from_nested_function(use, scope, names)
        if elsewhere is False or (not elsewhere and _in_other_cell(use, loop, scope, names)):
            continue
        if use.lineno < loop.lineno and not elsewhere:
            if id(use) not in again:
                continue
        elif until is not None and use.lineno > (until.end_lineno or 0):
            continue
        yield use


def _fate(use: ast.Name, loop: ast.stmt, names: Names) -> Fate:
    found = taken(use, names) if not is_early(use, loop, names) else None
    if found is None:
        return Fate(obstacles=(used_as_list(use, names),))
    fate = fate_of_columns(found, names)
    if found.statement is None or _follows(found, loop, names):
        return fate
    return replace(fate, obstacles=(*fate.obstacles, used_as_list(use, names)))


def fate_of_columns(found: Taken, names: Names) -> Fate:
    """What happens to a list that is stacked or taken apart as ``found`` tells."""
    if found.statement is None:
        return Fate(found.sinks)
    inner = [_column(column, found.statement, names) for column in found.columns]
    return Fate(
        (*found.sinks, *(sink for fate in inner for sink in fate.sinks)),
        (found.statement,),
        tuple(obstacle for fate in inner for obstacle in fate.obstacles),
    )


def is_early(use: ast.Name, loop: ast.stmt, names: Names) -> bool:
    """Whether ``use`` stands before the loop, or in a function that may run at any time."""
    return use.lineno < loop.lineno or names.module.function_of(use) is not names.module.function_of(loop)


def _follows(found: Taken, loop: ast.stmt, names: Names) -> bool:
    """Whether the statement that gives names to the columns certainly runs, and nothing before it knows these names."""
    block, index = names.module.block_of(loop)
    later = next((k for k in range(index + 1, len(block)) if block[k] is found.statement), None)
    if later is None:
        return False
    bound = {column.name for column in found.columns} | {sink.column for sink in found.sinks}
    between = [node for statement in block[index:later] for node in walk(statement)]
    return not any(isinstance(node, ast.Name) and node.id in bound for node in between)


def _column(column: Column, statement: ast.stmt, names: Names) -> Fate:
    """What happens to one column: it may be stacked and nothing else."""
    scope = names.module.function_of(statement) or names.module.tree
    fate = fate_of(column.name, names, scope, statement)
    if fate.apart or any(sink.part or sink.collector == "zip" for sink in fate.sinks):
        use = next(iter(uses(column.name, names, scope, statement)))
        return Fate(obstacles=(used_as_list(use, names),))
    sinks = tuple(replace(sink, part=column.part, column=column.name) for sink in fate.sinks)
    return replace(fate, sinks=sinks)


def used_as_list(use: ast.Name, names: Names) -> Obstacle:
    statement = names.module.statement_of(use)
    return Obstacle.of("results-used-elsewhere", "used-as-list", use, list=use.id, statement=first_line(statement))


def rebinding(name: str, names: Names, loop: ast.stmt) -> ast.stmt | None:
    """The first statement behind ``loop``, in the same block, that gives ``name`` another value."""
    block, index = names.module.block_of(loop)
    for statement in block[index + 1 :]:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(name in binding_names(target) for target in targets):
            return statement
    return None


def _from_nested_function(use: ast.Name, scope: ast.AST, names: Names) -> bool | None:
    """True for a use in a function nested in ``scope``, which may run at any time; False if it means a local of that."""
    owner = names.module.function_of(use)
    if owner is None or owner is scope:
        return None
    return use.id not in names.machine.scope(owner).bindings


def _in_other_cell(node: ast.AST, loop: ast.stmt, scope: ast.AST, names: Names) -> bool:
    """Whether ``node`` stands in another cell of a notebook than ``loop``."""
    return scope is names.module.tree and names.module.cell_of(node) is not names.module.cell_of(loop)


def _reading_cell(use: ast.Name, names: Names) -> int | None:
    """The number (from 1) of the cell of ``use``; None if that cell makes a list of its own before it reads it."""
    cell = names.module.cell_of(use)
    if cell is None or use.id not in upward_reads(names.module.block_in(cell)):
        return None
    return cell.number + 1


def first_line(statement: ast.AST) -> str:
    """The text of ``statement`` on one line, cut where it is long."""
    head = copy(statement)
    if isinstance(getattr(head, "body", None), list):
        head.body = [ast.Pass()]  # type: ignore[attr-defined]
    text = ast.unparse(head).split("\n", 1)[0]
    return text if len(text) <= 60 else text[:57] + "..."


def made_empty(name: str, block: Block, index: int, names: Names) -> ast.stmt | None:
    """The statement before ``block[index]`` that makes the empty list ``name``, if nothing touches it between."""
    for statement in reversed(block[:index]):
        if _is_empty_list(statement, name, names):
            return statement
        mentioned = any(isinstance(node, ast.Name) and node.id == name for node in walk(statement))
        if mentioned and not _makes_among_others(statement, name):
            return None
        if mentioned:
            return statement
    return None


def filled_before(name: str, loop: ast.stmt, names: Names) -> Obstacle:
    """Why the list ``name`` may hold something when ``loop`` starts, where `made_empty` finds no statement."""
    block, index = names.module.block_of(loop)
    before = next((s for s in reversed(block[:index]) if any(_is_named(node, name) for node in walk(s))), None)
    if isinstance(before, ast.Assign | ast.AnnAssign) and name in stored_names([before]):
        return Obstacle.of("prefilled-list", "not-empty", before, list=name, statement=first_line(before))
    if before is not None:
        return Obstacle.of("prefilled-list", "used-before", before, list=name, statement=first_line(before))
    function = names.module.function_of(loop)
    given = function is not None and any(isinstance(n, ast.arg) and n.arg == name for n in walk(function.args))
    return Obstacle.of("prefilled-list", "from-caller" if given else "made-elsewhere", loop, list=name)


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_empty_list(statement: ast.stmt, name: str, names: Names) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
            return _empty(value, names)
        case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
            return _empty(value, names)
    return False


def _empty(value: ast.expr, names: Names) -> bool:
    match value:
        case ast.List(elts=[]):
            return True
        case ast.Call(args=[], keywords=[]):
            return names.qualified(value.func) == "builtins.list"
    return False


def _makes_among_others(statement: ast.stmt, name: str) -> bool:
    """``values, grads = [], []``."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            return all(
                isinstance(value, ast.List) and not value.elts and isinstance(target, ast.Name)
                for target, value in pairs
            ) and any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return False
