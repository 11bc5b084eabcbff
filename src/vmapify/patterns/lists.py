"""Lists of results: what may happen to one between the loop that fills it and the calls that stack it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Obstacle, Sink
from vmapify.patterns.sinks import sink_of
from vmapify.syntax import COMPREHENSIONS, binding_names, upward_reads

if TYPE_CHECKING:
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


def uses(name: str, scope: ast.AST, inside: ast.AST) -> list[ast.Name]:
    """The reads of ``name`` in ``scope`` outside the loop ``inside``, in source order."""
    skip = {id(node) for node in ast.walk(inside)} | hidden(name, scope)
    found = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Name)
        and node.id == name
        and not isinstance(node.ctx, ast.Store)
        and id(node) not in skip
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def hidden(name: str, scope: ast.AST) -> set[int]:
    """The nodes below ``scope`` where a comprehension's own target ``name`` hides the variable."""
    found: set[int] = set()
    for node in ast.walk(scope):
        if isinstance(node, COMPREHENSIONS) and any(name in binding_names(one.target) for one in node.generators):
            outside = {id(part) for part in ast.walk(node.generators[0].iter)}
            found |= {id(part) for part in ast.walk(node)} - outside
    return found


def sinks_of(
    name: str, names: Names, scope: ast.AST, loop: ast.stmt, until: ast.stmt | None
) -> tuple[tuple[Sink, ...], tuple[Obstacle, ...]]:
    """The stack calls that take the list ``name`` after ``loop``, and other uses of it as obstacles.

    ``until`` is the next statement that makes the list anew: uses behind it belong to another list.
    """
    sinks: list[Sink] = []
    other: list[Obstacle] = []
    remade = any(statement is until for statement in names.module.block_of(loop)[0])
    for use in uses(name, scope, loop):
        elsewhere = _from_nested_function(use, scope, names)
        if elsewhere is False:
            continue
        if not elsewhere and _apart(use, loop, scope, names):
            if remade or (cell := _reading_cell(use, names)) is None:
                continue
            found = _sink_around(use, names) if use.lineno > loop.lineno else None
            sinks += [found] if found is not None else []
            message = f"cell {cell} reads the list `{name}`, and may do so again after this cell was run"
            if not any(obstacle.message == message for obstacle in other):
                other.append(Obstacle("results-used-elsewhere", message, use))
            continue
        if use.lineno < loop.lineno and not elsewhere:
            continue
        if until is not None and use.lineno > until.lineno:
            continue
        found = _sink_around(use, names) if not elsewhere else None
        if found is not None:
            sinks.append(found)
        else:
            statement = names.module.statement_of(use)
            message = f"`{name}` is also used as a list, here: `{_first_line(statement)}`"
            other.append(Obstacle("results-used-elsewhere", message, use))
    return tuple(sinks), tuple(other)


def _from_nested_function(use: ast.Name, scope: ast.AST, names: Names) -> bool | None:
    """True for a use in a function nested in ``scope``, which may run at any time; False if it means a local of that."""
    owner = names.module.function_of(use)
    if owner is None or owner is scope:
        return None
    return use.id not in names.machine.scope(owner).bindings


def _apart(node: ast.AST, loop: ast.stmt, scope: ast.AST, names: Names) -> bool:
    """Whether ``node`` stands in another cell of a notebook than ``loop``."""
    return scope is names.module.tree and names.module.cell_of(node) is not names.module.cell_of(loop)


def _reading_cell(use: ast.Name, names: Names) -> int | None:
    """The number (from 1) of the cell of ``use``; None if that cell makes a list of its own before it reads it."""
    cell = names.module.cell_of(use)
    if cell is None or use.id not in upward_reads(names.module.block_in(cell)):
        return None
    return cell.number + 1


def _first_line(statement: ast.stmt) -> str:
    text = ast.unparse(statement).split("\n", 1)[0]
    return text if len(text) <= 60 else text[:57] + "..."


def _sink_around(use: ast.Name, names: Names) -> Sink | None:
    """``jnp.stack(results)``, ``jnp.stack(list(results))``, ``jax.tree.map(…, *results)``."""
    node: ast.AST = use
    parent = names.module.parents[node]
    while isinstance(parent, ast.Call) and names.qualified(parent.func) in {
        "builtins.list",
        "builtins.tuple",
    }:
        node, parent = parent, names.module.parents[parent]
    call = names.module.parents[parent] if isinstance(parent, ast.Starred) else parent
    if not isinstance(call, ast.Call):
        return None
    found = sink_of(call, names)
    return found[0] if found is not None and found[1] is node else None


def made_empty(name: str, block: Block, index: int, names: Names) -> ast.stmt | None:
    """The statement before ``block[index]`` that makes the empty list ``name``, if nothing touches it between."""
    for statement in reversed(block[:index]):
        if _is_empty_list(statement, name, names):
            return statement
        mentioned = any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement))
        if mentioned and not _makes_among_others(statement, name):
            return None
        if mentioned:
            return statement
    return None


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
