"""The state in which the program arrives at a block: whenever, and however often it does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.rebuild import at
from vmapify.domain.term import term
from vmapify.domain.value import Unknown, closure
from vmapify.heap.heap import with_name
from vmapify.heap.objects import Frame, Lanes
from vmapify.interpret import names, targets
from vmapify.prove import parameters
from vmapify.syntax import Scope, stored_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.interpret.machine import Machine
    from vmapify.prove.changed import Difference

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def arrive(machine: Machine, difference: Difference) -> int:
    """Run the program up to the statements that differ; gives the frame that they run in.

    Raises:
        Unproven: control does not get there, or how is not modelled.
    """
    in_program = not any(isinstance(one, ast.FunctionDef | ast.ClassDef) for _, one, _ in difference.way)
    frame = _program(machine, difference) if in_program else _module(machine)
    in_function = in_program
    for before, compound, field in difference.way:
        if in_function:
            _run(machine, before, frame)
        match compound:
            case ast.FunctionDef():
                if in_function:
                    later(machine, frame, compound)
                frame, in_function = _enter(machine, compound, frame if in_function else None), True
            case ast.ClassDef():
                if in_function:
                    machine.unproven("unmodelled", "class", compound)
            case _ if not in_function:
                machine.unproven("module-level", "", compound)
            case _:
                _inside(machine, compound, field, frame)
    if not in_function:
        machine.unproven("module-level", "", (difference.old or difference.new)[0])
    _run(machine, difference.before, frame)
    return frame


def _module(machine: Machine) -> int:
    """The frame around the functions of a module: its names are looked up where they are asked for."""
    return machine.heap.new(Frame(machine.module, Scope(machine.module.tree))).place


def _program(machine: Machine, difference: Difference) -> int:
    """The frame of a module that is run from its first line on: its names are variables like others.

    Raises:
        Unproven: it is a notebook, whose cells run in any order.
    """
    module = machine.module
    if module.cells:
        machine.unproven("module-level", "", (difference.old or difference.new)[0])
    place = machine.heap.new(Frame(module, machine.scope(module.tree), rebound=module.declared)).place
    machine.program = place
    return place


def _run(machine: Machine, block: Iterable[ast.stmt], frame: int) -> None:
    flow = machine.run(list(block), frame)
    if not flow.through:
        machine.unproven("unreachable", "", next(iter(block)))


def _enter(machine: Machine, function: ast.FunctionDef, around: int | None) -> int:
    scope = machine.scope(function)
    bound = parameters.values(machine, function)
    rebound = frozenset(n for one in ast.walk(function) if isinstance(one, ast.Nonlocal) for n in one.names)
    owner = parameters.class_of(machine, function)
    return machine.heap.new(Frame(machine.module, scope, around, bound, owner, rebound)).place


def later(machine: Machine, frame: int, function: ast.stmt) -> None:
    """A function may be called at any time after its definition: what is bound again until then is unknown."""
    found = names.frame_at(machine, frame)
    lose(machine, frame, _behind(machine, found.scope.node, function))


def _behind(machine: Machine, around: ast.AST, function: ast.stmt) -> list[ast.stmt]:
    """The statements of the body ``around`` that may run after ``function`` is defined there."""
    found: list[ast.stmt] = []
    below: ast.AST = function
    while below is not around and (above := machine.module.parents.get(below)) is not None:
        if isinstance(above, ast.For | ast.While | ast.AsyncFor):
            found.append(above)
        blocks = [getattr(above, field, []) for field in ("body", "orelse", "finalbody", "handlers")]
        inner = [one for block in blocks if isinstance(block, list) for one in block]
        found += [
            one for one in inner if one is not below and one.lineno > function.lineno and isinstance(one, ast.stmt)
        ]
        found += [one for handler in inner if isinstance(handler, ast.ExceptHandler) for one in handler.body]
        below = above
    return found


def lose(machine: Machine, frame: int, statements: Iterable[ast.stmt]) -> None:
    """``statements`` may have run, in whole or in part, any number of times."""
    position = len(machine.log)
    found = names.frame_at(machine, frame)
    machine.heap.escape((*found.names.values(), closure(machine.module, frame)))
    machine.log = (*machine.log, term("happened", "statements", position))
    machine.heap.havoc(term("since", position))
    found = names.frame_at(machine, frame)
    for name in stored_names(list(statements)) & found.scope.bindings.keys():
        found = with_name(found, name, Unknown(term("after", position, name)))
    machine.heap.mutate(frame, found)


def _inside(machine: Machine, compound: ast.stmt, field: str, frame: int) -> None:
    """Go into a block of a compound statement."""
    match compound:
        case ast.If(test=test):
            machine.truth(machine.value(test, frame), compound)
        case ast.For(iter=iterable, target=target):
            source = machine.value(iterable, frame)
            parts = machine.parts(source, compound)
            lose(machine, frame, [compound])
            if field == "body" and parts is not None and len(parts) == 1 and isinstance(parts[0], Lanes):
                item = at(parts[0].value, parts[0].lane, term("iteration", compound.lineno))
                if item is not None:
                    targets.assign(machine, target, item, frame)
        case _:
            lose(machine, frame, [compound])
