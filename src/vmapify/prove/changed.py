"""Where two versions of a file differ: the statements of one block, and the way to them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.syntax import code_key, same_code

if TYPE_CHECKING:
    from vmapify.syntax import Module

BLOCKS = ("body", "orelse", "finalbody")

Step = tuple[tuple[ast.stmt, ...], ast.stmt, str]
"""The statements before a compound one, the compound one, and the name of the block in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``way``: the compound statements around the block, outermost first, each with the statements before it.

    ``before`` are the statements of the block in front of ``old`` and ``new``.
    """

    way: tuple[Step, ...]
    before: tuple[ast.stmt, ...]
    old: tuple[ast.stmt, ...]
    new: tuple[ast.stmt, ...]


def difference(old: Module, new: Module) -> Difference | None:
    """What differs between two versions of a file; None if nothing does. Imports that only ``new`` has do not count."""
    return _Versions(old, new).difference()


class _Versions:
    """Two versions of a file."""

    def __init__(self, old: Module, new: Module) -> None:
        self._old = old
        self._new = new

    def difference(self) -> Difference | None:
        """What differs between the two."""
        had = {code_key(one) for one in self._old.tree.body if isinstance(one, ast.Import)}
        new = [one for one in self._new.tree.body if not (isinstance(one, ast.Import) and code_key(one) not in had)]
        return self._of_blocks(self._old.tree.body, new, ())

    def _of_blocks(self, old: list[ast.stmt], new: list[ast.stmt], way: tuple[Step, ...]) -> Difference | None:
        shorter = min(len(old), len(new))
        first = next((k for k in range(shorter) if not self._same(old[k], new[k])), shorter)
        last = next((k for k in range(shorter - first) if not self._same(old[-1 - k], new[-1 - k])), shorter - first)
        one, other = old[first : len(old) - last], new[first : len(new) - last]
        if not one and not other:
            return None
        if len(one) == len(other) == 1:
            field = self._differing_block(one[0], other[0])
            if field is not None:
                around = (*way, (tuple(old[:first]), one[0], field))
                return self._of_blocks(getattr(one[0], field), getattr(other[0], field), around)
        return Difference(way, tuple(old[:first]), tuple(one), tuple(other))

    def _differing_block(self, one: ast.stmt, other: ast.stmt) -> str | None:
        """The one block in which two compound statements differ; None if they differ in more than that."""
        if type(one) is not type(other):
            return None
        fields = one._fields
        differing = [name for name in fields if not self._same(getattr(one, name, None), getattr(other, name, None))]
        return differing[0] if len(differing) == 1 and differing[0] in BLOCKS else None

    def _same(self, one: object, other: object) -> bool:
        """Whether two parts of the trees are the same but for where they stand."""
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(self._same(a, b) for a, b in zip(one, other, strict=True))
        if not (isinstance(one, ast.AST) and isinstance(other, ast.AST)):
            return one == other
        if isinstance(one, ast.stmt) and isinstance(other, ast.stmt):
            # most statements were not touched, and the same bytes are the same code
            here, there = self._old.span(one), self._new.span(other)
            if self._old.data[here.start : here.end] == self._new.data[there.start : there.end]:
                return True
        return same_code(one, other)
