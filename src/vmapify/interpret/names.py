"""Names: frames, the scopes around them, the module, the builtins."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import ClassValue, Library, Unknown
from vmapify.heap.heap import with_name
from vmapify.heap.objects import Frame
from vmapify.interpret import module_names
from vmapify.syntax import COMPREHENSIONS

if TYPE_CHECKING:
    import ast

    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running

BUILTINS = frozenset(dir(builtins))


def frame_at(machine: Running, place: int) -> Frame:
    """The frame at ``place``."""
    found = machine.heap.peek(place)
    assert isinstance(found, Frame)
    return found


def owner(machine: Running, place: int) -> ClassValue | None:
    """The class whose methods are defined in the frame at ``place``."""
    return frame_at(machine, place).owner


def lookup(machine: Running, name: str, place: int, node: ast.AST) -> Value:
    """The value of ``name`` as seen from the frame at ``place``.

    Raises:
        Unproven: the name is a local one and has no value here.
    """
    found = _frame_of(machine, name, place)
    if found is not None:
        names = frame_at(machine, found).names
        if name not in names:
            machine.unproven("unbound", name, node)
        return names[name]
    value = module_names.module_value(machine, frame_at(machine, place).module, name)
    if value is not None:
        return value
    if name in BUILTINS and name in machine.replaced_in_modules:
        machine.unproven("replaced", name, node)
    return Library(f"builtins.{name}") if name in BUILTINS else Unknown(term("unbound", name))


def bind(machine: Running, name: str, value: Value | None, place: int, node: ast.AST) -> None:
    """Bind ``name`` (or unbind it, for None) in the frame that owns it.

    Raises:
        Unproven: it is a name of the module.
    """
    found = _frame_of(machine, name, place)
    if found is None:
        machine.unproven("rebinds", name, node)
    machine.heap.mutate(found, with_name(frame_at(machine, found), name, value))


def _frame_of(machine: Running, name: str, place: int) -> int | None:
    """The frame whose local variable ``name`` is; None if it is no variable of a function."""
    here: int | None = place
    while here is not None:
        frame = frame_at(machine, here)
        if name in frame.scope.outer:
            if name in frame.scope.declared:
                return None
        elif name in frame.scope.bindings:
            return here
        elif isinstance(frame.scope.node, COMPREHENSIONS) and frame.parent is None:
            return None
        here = frame.parent
    return None
