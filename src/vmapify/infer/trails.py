"""What names hold on the way through a block: exceptions, ``break`` and calls of closures may come at any point."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import lookup
from vmapify.infer.callables import ClassTarget, External, Function
from vmapify.infer.value import join
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine
    from vmapify.infer.value import Value

SWALLOWING = {"suppress", "raises", "assertRaises", "assertRaisesRegex", "ExitStack", "AsyncExitStack"}


class Trail:
    """Every value that some names have had, from the statement ``since`` on if there is one."""

    __slots__ = ("_held", "_since")

    def __init__(self, names: Iterable[str], since: ast.stmt | None = None) -> None:
        self._held: dict[str, list[Value]] = {name: [] for name in names}
        self._since = since

    def note(self, values: dict[str, Value], statement: ast.stmt | None = None) -> None:
        """Remember what the names hold just before ``statement``."""
        for name, held in self._held.items():
            if statement is not None and statement is self._since:
                held.clear()
            value = values.get(name)
            if value is not None and value not in held:
                held.append(value)

    def join_into(self, values: dict[str, Value]) -> None:
        """Let the names in ``values`` be anything they have been."""
        for name, held in self._held.items():
            for value in held:
                values[name] = join(values[name], value) if name in values else value


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
