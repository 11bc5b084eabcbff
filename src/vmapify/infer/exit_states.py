"""What is known of names when a block is left on the way: by an exception, by ``break``, or for a call of a closure."""

from __future__ import annotations

import ast
from collections import Counter
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer import lookup, slices
from vmapify.infer.callables import ClassTarget, External, Function
from vmapify.infer.value import holds_tracer, join
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine
    from vmapify.infer.value import Value

SWALLOWING = {"suppress", "raises", "assertRaises", "assertRaisesRegex", "ExitStack", "AsyncExitStack"}


def left_anywhere(
    machine: Machine, block: Sequence[ast.stmt], before: dict[str, Value], values: dict[str, Value]
) -> None:
    """``values`` are those at the end of ``block``, which may have ended at any place.

    What it stores once is as before or as at the end, of what it stores more often nothing is known.
    """
    stored = Counter(part.id for one in block for part in walk(one) if _stores(part))  # type: ignore[attr-defined]
    traced = any(map(holds_tracer, values.values()))
    for name in slices.changed(block):
        held = [one[name] for one in (before, values) if name in one]
        if stored[name] > 1 or (stored[name] and not held):
            values[name] = machine.unknown(traced)
        elif held:
            values[name] = reduce(join, held)


def _stores(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


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
