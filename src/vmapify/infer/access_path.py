"""Parts of structured values: what ``[0]``, ``.x`` or ``["x"]`` of one is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.callables import Frame
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer.machine import Machine
    from vmapify.infer.value import Value

WHOLE = "_vmapify_whole"


def part_of(machine: Machine, value: Value, part: str, place: ast.expr, frame: Frame) -> Value:
    """The value of ``value`` followed by the text ``part``; what goes wrong is told of the line of ``place``."""
    if not part:
        return value
    node = ast.parse(f"{WHOLE}{part}", mode="eval").body
    for child in walk(node):
        ast.copy_location(child, place)
    inside = Frame(frame.module, frame.scope, frame)
    inside.values[WHOLE] = value
    return machine.value(node, inside)
