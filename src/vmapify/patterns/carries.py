"""VM104, never rewritten: a value that every iteration makes from the one before, ``state = f(state, xs[i])``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import Carry, LoopModel
from vmapify.patterns import spaces
from vmapify.patterns.body import leaving, statements_in
from vmapify.syntax import binding_names, loads, stored_names, upward_reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.patterns.names import Names


def recognise(names: Names) -> Iterator[LoopModel]:
    """Loops that look like a reduction; that the value is carried on is for others to tell."""
    for node in names.module.of(ast.For):
        model = _model(node, names)
        if model is not None:
            yield model


def _model(loop: ast.For, names: Names) -> LoopModel | None:
    targets = frozenset(binding_names(loop.target))
    carried = upward_reads(loop.body, targets) & stored_names(loop.body)
    carries = [Carry(name, element) for name, element in _made(loop, carried - targets).items()]
    carries = carries or [Carry(None, element) for element in _searched(loop, targets)]
    if not carries:
        return None
    read = spaces.read(loop, names)
    return LoopModel(
        rule="VM104",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=read.spaces,
        body=tuple(loop.body),
        results=(),
        obstacles=(*leaving(loop), *read.obstacles),
        flat=len(read.spaces) > 1,
        progress=read.progress,
        carries=tuple(carries),
    )


def _searched(loop: ast.For, targets: frozenset[str]) -> Iterator[ast.expr]:
    """``if good(x): return x``: the first row that will do."""
    for statement in loop.body:
        match statement:
            case ast.If(body=[*_, ast.Return(value=ast.expr() as value)]) if loads(value) & targets:
                yield value
                return


def _made(loop: ast.For, carried: set[str]) -> dict[str, ast.expr]:
    """What the carried names are set to, in the body or under an ``if`` of it."""
    found: dict[str, ast.expr] = {}
    for statement, guard in statements_in(loop.body):
        if guard is None or isinstance(guard, ast.If):
            for name, value in _pairs(statement):
                if name in carried:
                    found.setdefault(name, value)
    return found


def _pairs(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """``a = x`` and ``a, b = x, y``."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            yield from ((target.id, value) for target, value in pairs if isinstance(target, ast.Name))
