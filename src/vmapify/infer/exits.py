"""What is known of names when a block is left on the way: by an exception, by ``break``, or for a call of a closure."""

from __future__ import annotations

import ast
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer import lookup
from vmapify.infer.callables import ClassTarget, External, Function
from vmapify.infer.value import holds_tracer, join
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine
    from vmapify.infer.value import Value

SWALLOWING = {"suppress", "raises", "assertRaises", "assertRaisesRegex", "ExitStack", "AsyncExitStack"}


def left_anywhere(machine: Machine, names: Iterable[str], before: dict[str, Value], values: dict[str, Value]) -> None:
    """``values`` are those at the end of a block that may have ended at any place: what it stores is known by its kind only."""
    for name in names:
        held = [one[name] for one in (before, values) if name in one]
        if len(held) == 1 or (held and held[0] is not held[1]):
            values[name] = reduce(join, held)._replace(number=None, const=None, ident=None)


def from_now_on(machine: Machine, since: ast.stmt, frame: Frame) -> None:
    """``frame`` is at its end, and asked at any time behind ``since``: what is bound again in between is unknown."""
    for name, nodes in frame.scope.bindings.items():
        if len(nodes) > 1 and nodes[-1].lineno > since.lineno and name in frame.values:  # type: ignore[attr-defined]
            frame.values[name] = machine.unknown(holds_tracer(frame.values[name]))


def swallows(machine: Machine, item: ast.withitem, frame: Frame) -> bool:
    """Whether a context manager may end its block early and let the program go on."""
    maker = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
    match machine.value(maker, frame).target:
        case External(name):
            return name.rpartition(".")[2] in SWALLOWING
        case ClassTarget() as target:
            method = lookup.class_attribute(machine, target, "__exit__")
            return method is None or not isinstance(method.target, Function) or _gives_something(method.target.node)
    return True


def _gives_something(node: ast.AST) -> bool:
    given = [part.value for part in walk(node) if isinstance(part, ast.Return) and part.value is not None]
    return any(not isinstance(value, ast.Constant) or bool(value.value) for value in given)
