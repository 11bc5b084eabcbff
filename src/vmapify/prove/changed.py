"""Where two versions of a file differ: the statements of one block, and the way to them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from vmapify.syntax import code_key, same_code

BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class Difference:
    """``way``: the compound statements around the block, outermost first, each with the statements before it.

    ``before`` are the statements of the block in front of ``old`` and ``new``.
    """

    way: tuple[tuple[tuple[ast.stmt, ...], ast.stmt, str], ...]
    before: tuple[ast.stmt, ...]
    old: tuple[ast.stmt, ...]
    new: tuple[ast.stmt, ...]


def difference(old: list[ast.stmt], new: list[ast.stmt]) -> Difference | None:
    """What differs between two blocks; None if nothing does. Imports that only ``new`` has do not count."""
    return _difference(old, new, ())


def _difference(
    old: list[ast.stmt], new: list[ast.stmt], way: tuple[tuple[tuple[ast.stmt, ...], ast.stmt, str], ...]
) -> Difference | None:
    new = _without_new_imports(old, new) if not way else new
    first = 0
    while first < min(len(old), len(new)) and same(old[first], new[first]):
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and same(old[-1 - last], new[-1 - last]):
        last += 1
    one, other = old[first : len(old) - last], new[first : len(new) - last]
    if not one and not other:
        return None
    if len(one) == len(other) == 1:
        field = _differing_block(one[0], other[0])
        if field is not None:
            around = (*way, (tuple(old[:first]), one[0], field))
            return _difference(getattr(one[0], field), getattr(other[0], field), around)
    return Difference(way, tuple(old[:first]), tuple(one), tuple(other))


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two trees are the same but for where they stand."""
    return same_code(one, other)


def _differing_block(one: ast.stmt, other: ast.stmt) -> str | None:
    """The one block in which two compound statements differ; None if they differ in more than that."""
    if type(one) is not type(other) or isinstance(one, ast.For | ast.AsyncFor) is None:
        return None
    differing = [name for name in one._fields if not _same_field(getattr(one, name, None), getattr(other, name, None))]
    if len(differing) != 1 or differing[0] not in BLOCKS:
        return None
    return differing[0]


def _same_field(one: object, other: object) -> bool:
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return same(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same_field(a, b) for a, b in zip(one, other, strict=True))
    return one == other


def _without_new_imports(old: list[ast.stmt], new: list[ast.stmt]) -> list[ast.stmt]:
    """``new`` without the ``import jax`` that it begins with and ``old`` does not."""
    had = {code_key(one) for one in old}
    return [one for one in new if not (isinstance(one, ast.Import) and code_key(one) not in had)]
