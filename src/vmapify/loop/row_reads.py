"""Reads of one row: ``A[i]``, ``A[:, i + 1]``, ``A[k, i]``, ``A[..., i]``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import ARRAYS, Kind
from vmapify.infer.expressions import element
from vmapify.syntax import binding_names, is_full_slice, loads, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer import Linear, Value
    from vmapify.loop.reader import Reader


def row_read(reader: Reader, name: ast.Name, index: str) -> tuple[ast.Subscript, int, int, int] | None:
    """``A[i]``, ``A[:, i + 1]``, ``A[..., i]`` for an ``A`` that the loop does not change: node, axis, offset, prefix."""
    parents = reader.model.module.parents
    part: ast.AST = name
    offset = 0
    above = parents.get(part)
    if isinstance(above, ast.BinOp):
        shifted = _offset(above, index)
        if shifted is None:
            return None
        part, offset = above, shifted
        above = parents.get(part)
    elts: list[ast.expr] = [part]  # type: ignore[list-item]
    if isinstance(above, ast.Tuple):
        elts, above = above.elts, parents.get(above)
    if not isinstance(above, ast.Subscript) or not isinstance(above.ctx, ast.Load) or above.value is name:
        return None
    if above.slice is not part and not (isinstance(above.slice, ast.Tuple) and above.slice.elts is elts):
        return None
    if any(isinstance(outer, ast.JoinedStr) for outer in reader.model.module.ancestors(above)):
        return None  # before Python 3.12 nodes inside an f-string have no exact position, so nothing is put there
    if not is_stable(reader, above.value) or loads(above) & bound_between(reader, above):
        return None
    prefix = _prefix(reader, elts, part)
    axis = 0 if prefix else _axis(elts, part)
    if axis is None or reader.value(above.value).kind not in {*ARRAYS, Kind.UNKNOWN, Kind.LIST, Kind.TUPLE}:
        return None
    container = reader.value(above.value).kind in {Kind.LIST, Kind.TUPLE}
    if container and (
        prefix or offset or axis or element(reader.machine, reader.value(above.value)).kind is not Kind.ARRAY
    ):
        return None
    return above, axis, offset, prefix


def bound_between(reader: Reader, node: ast.AST) -> set[str]:
    """Names that lambdas, comprehensions and functions of the body bind around ``node``."""
    found: set[str] = set()
    roots = set(reader.nodes)
    for outer in (node, *reader.model.module.ancestors(node)):
        if isinstance(outer, ast.Lambda | ast.FunctionDef):
            found |= {argument.arg for argument in walk(outer.args) if isinstance(argument, ast.arg)}
        if isinstance(outer, ast.FunctionDef):
            found |= stored_names(outer.body)
        found |= {name for clause in getattr(outer, "generators", []) for name in binding_names(clause.target)}
        if outer in roots:
            break
    return found


def _prefix(reader: Reader, elts: list[ast.expr], part: ast.AST) -> int:
    """How many fixed indices stand before ``part``: 1 for ``A[k, i]``; 0 unless all that stand there are such."""
    position = next(k for k, entry in enumerate(elts) if entry is part)
    names = [entry.id for entry in elts[:position] if isinstance(entry, ast.Name)]
    plain = (
        all(isinstance(entry, ast.Name | ast.Constant) for entry in elts[:position]) and not {*names} & reader.changing
    )
    return position if plain and all(_is_scalar(reader.value(entry)) for entry in elts[:position]) else 0


def _is_integer(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _is_scalar(value: Value) -> bool:
    return value.kind is Kind.NUMBER or (value.kind is Kind.ARRAY and value.shape == ())


def _offset(node: ast.BinOp, index: str) -> int | None:
    match node:
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int() as more)) if name == index:
            return more
        case ast.BinOp(left=ast.Constant(value=int() as more), op=ast.Add(), right=ast.Name(id=name)) if name == index:
            return more
        case ast.BinOp(left=ast.Name(id=name), op=ast.Sub(), right=ast.Constant(value=int() as less)) if name == index:
            return -less
    return None


def is_stable(reader: Reader, base: ast.expr) -> bool:
    """Whether ``base`` is a plain name, attribute or constant subscript that no iteration changes."""
    match base:
        case ast.Name(id=name):
            return name not in reader.changing
        case ast.Attribute(value=value):
            return is_stable(reader, value)
        case ast.Subscript(value=value, slice=index):
            return is_stable(reader, value) and not (loads(index) & reader.changing) and not _has_call(index)
    return False


def _has_call(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Call) for child in walk(node))


def _axis(elts: list[ast.expr], part: ast.AST) -> int | None:
    """The axis ``part`` selects on: full slices before it count forward, an ellipsis before it counts from behind."""
    position = next(k for k, entry in enumerate(elts) if entry is part)
    before = elts[:position]
    if all(is_full_slice(entry) for entry in before):
        return position
    if len(before) == 1 and isinstance(before[0], ast.Constant) and before[0].value is ...:
        return -1 if position == len(elts) - 1 else None
    return None


def without(shape: tuple[Linear | None, ...] | None, axis: int) -> tuple[Linear | None, ...] | None:
    """``shape`` without ``axis``; None if either is not known."""
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    position = axis % len(shape)
    return (*shape[:position], *shape[position + 1 :])
