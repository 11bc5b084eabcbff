"""The scopes inside one statement: lambdas and comprehensions hide names of the function around them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import calls, expressions, statements
from vmapify.infer.callables import Frame, Function
from vmapify.syntax import loads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer.machine import Machine


def scope_of(machine: Machine, frame: Frame, statement: ast.stmt, node: ast.AST) -> Frame:
    """The scope in which ``node`` is evaluated, a part of ``statement``, before which ``frame`` is the scope."""
    if node is statement:
        return frame
    inside = _without_walrus(machine, frame, statement)
    path = [node]
    while path[-1] is not statement:
        path.append(frame.module.parents[path[-1]])
    for outer, child in zip(path[:0:-1], path[-2::-1], strict=True):
        inside = _entered(machine, inside, statement, outer, child)
    return inside


def _without_walrus(machine: Machine, frame: Frame, statement: ast.stmt) -> Frame:
    """Names that the statement itself binds have no known value inside it."""
    bound = [part.target.id for part in walk(statement) if isinstance(part, ast.NamedExpr)]
    if not bound:
        return frame
    made = frame.copy()
    made.values |= {name: machine.unknown(ident=name) for name in bound}
    return made


def _entered(machine: Machine, frame: Frame, statement: ast.stmt, outer: ast.AST, child: ast.AST) -> Frame:
    match outer:
        case ast.Lambda(body=body) if body is child:
            return calls.open_frame(machine, Function(outer, _later(machine, frame, statement, outer)), None)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            clauses = (
                outer.generators[: outer.generators.index(child)] if child in outer.generators else outer.generators
            )
            return _bound(machine, frame, clauses)
        case ast.comprehension(ifs=tests) if child in tests:
            return _bound(machine, frame, [outer])
    return frame


def _bound(machine: Machine, frame: Frame, clauses: list[ast.comprehension]) -> Frame:
    inside = Frame(frame.module, frame.scope, frame)
    for clause in clauses:
        source = machine.value(clause.iter, inside)
        statements.bind(machine, clause.target, expressions.element(machine, source), inside)
    return inside


def _later(machine: Machine, frame: Frame, statement: ast.stmt, function: ast.Lambda) -> Frame:
    """The scope a lambda finds when it runs: what is bound again behind ``statement`` may have changed by then."""
    again = {
        name
        for name in loads(function)
        for node in frame.scope.bindings.get(name, ())
        if getattr(node, "lineno", 0) > statement.lineno
    }
    if not again:
        return frame
    made = frame.copy()
    made.values |= {name: machine.unknown(ident=name) for name in again}
    return made
