"""Own-row updates: what a loop does to the row ``M[i]`` in several steps, spelled as one row that is written back.

    M = M.at[:, i, j].set(a)          row = M[:, i]
    M = M.at[:, i, i].set(b)    →     row = row.at[:, j].set(a)
                                      row = row.at[:, i].set(b)
                                      M = M.at[:, i].set(row)

No other iteration touches that row, so the row is an argument and a result of the per-example function.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.infer import Kind
from vmapify.loop import IndexSource
from vmapify.loop.occurrences import occurrences
from vmapify.rewrite import naming
from vmapify.rewrite.edited import edited
from vmapify.syntax import is_full_slice, last_name, same_code
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel, Result

SCOPES = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class _Access:
    """``M[index]`` or ``M.at[index]``; ``node`` is the subscript and ``write`` the assignment that changes ``M``."""

    node: ast.Subscript
    write: ast.Assign | None

    @property
    def parts(self) -> list[ast.expr]:
        index = self.node.slice
        return index.elts if isinstance(index, ast.Tuple) else [index]


def rows_written_back(machine: Machine, model: LoopModel, frame: Frame) -> bytes | None:
    """The file with the rows that the loop updates step by step named; None if it updates none, or more than its own."""
    loop = model.loop
    if not isinstance(loop, ast.For) or len(model.spaces) != 1 or loop.body[0].lineno == loop.lineno:
        return None
    changes: list[_Change] = []
    taken = {node.id for node in model.module.of(ast.Name)}
    for result in model.results:
        if _in_steps(result, model):
            row = naming.fresh(naming.row_name(ast.Name(result.name or "")), taken)
            change = _changed(machine, model, frame, result, row)
            if change is None:
                return None
            taken.add(row)
            changes.append(change)
    return _applied(model, loop, changes) if changes else None


def _in_steps(result: Result, model: LoopModel) -> bool:
    """Whether the buffer is not written once, as a whole row."""
    if result.sinks[0].collector != "buffer" or result.sinks[0].library != "jax" or result.scattered:
        return False
    steps = any(one.code == "unsupported-shape" and one.about("buffer") == result.name for one in model.obstacles)
    return steps or isinstance(result.element, ast.List | ast.Tuple)


@dataclass(frozen=True, slots=True)
class _Change:
    """``first`` and ``last`` are the new statements of an iteration, ``steps`` the changed ones between them."""

    first: str
    steps: tuple[Edit, ...]
    last: str


def _changed(machine: Machine, model: LoopModel, frame: Frame, result: Result, row: str) -> _Change | None:
    name = result.name or ""
    accesses = _accesses(name, model)
    axis = _own_axis(accesses, model) if accesses else None
    if accesses is None or axis is None:
        return None
    scalar = _Scalars(machine, model, frame)
    if not all(_same_on_a_row(access.parts, axis, scalar) for access in accesses):
        return None
    whole = f"{':, ' * axis}{model.module.text(accesses[0].parts[axis])}"
    if not any(_computes(access) for access in accesses):
        return None  # numbers into places: an index array does that without a loop
    steps = tuple(edit for access in accesses for edit in _step(access, axis, row, model))
    return _Change(f"{row} = {name}[{whole}]", steps, f"{name} = {name}.at[{whole}].set({row})")


def _accesses(name: str, model: LoopModel) -> list[_Access] | None:
    """Every use of the buffer in the loop; None if one of them is more than reading or writing an entry."""
    assert isinstance(model.loop, ast.For)
    parents = model.module.parents
    found: list[_Access] = []
    for use in occurrences(name, model.loop.body):
        if any(isinstance(outer, SCOPES) for outer in _within(use, model)):
            return None
        above = parents.get(use)
        if isinstance(above, ast.Subscript) and above.value is use and isinstance(above.ctx, ast.Load):
            found.append(_Access(above, None))
            continue
        at = parents.get(above) if isinstance(above, ast.Attribute) and above.attr == "at" else None
        write = _write_around(at, name, model) if isinstance(at, ast.Subscript) else None
        if write is None:
            return None
        assert isinstance(at, ast.Subscript)
        found.append(_Access(at, write))
    stores = [n for s in model.loop.body for n in walk(s) if isinstance(n, ast.Name) and n.id == name]
    written = [access for access in found if access.write is not None]
    plain = len(stores) == len(found) + len(written)
    return found if plain else None


def _computes(access: _Access) -> bool:
    """Whether more than a constant is written, or the row is read."""
    if access.write is None:
        return True
    assert isinstance(access.write.value, ast.Call)
    return any(not isinstance(part, ast.Constant) for part in access.write.value.args)


def _within(node: ast.AST, model: LoopModel) -> Iterator[ast.AST]:
    for outer in model.module.ancestors(node):
        if outer is model.loop:
            return
        yield outer


def _write_around(at: ast.Subscript, name: str, model: LoopModel) -> ast.Assign | None:
    """``M = M.at[…].op(value)`` around the subscript ``at``."""
    parents = model.module.parents
    method = parents.get(at)
    call = parents.get(method) if isinstance(method, ast.Attribute) else None
    statement = parents.get(call) if isinstance(call, ast.Call) and call.func is method else None
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name and value is call:
            return statement
    return None


def _own_axis(accesses: list[_Access], model: LoopModel) -> int | None:
    """The axis on which every access has the same, distinct row of the iteration: the index plus a constant."""
    targets = {source.target.id for source in model.spaces[0].sources if isinstance(source.target, ast.Name)}
    for axis, part in enumerate(accesses[0].parts):
        same = all(
            len(one.parts) > axis and same_code(one.parts[axis], part) and _counted(one.parts[:axis])
            for one in accesses
        )
        if same and _moves_with(part, targets):
            return axis
    return None


def _counted(parts: list[ast.expr]) -> bool:
    """Whether every entry stands for an axis: none is an ellipsis or a new axis."""
    return not any(
        (isinstance(part, ast.Constant) and part.value in {None, ...}) or last_name(part) in {"Ellipsis", "newaxis"}
        for part in parts
    )


def _moves_with(part: ast.expr, targets: set[str]) -> bool:
    match part:
        case ast.Name(id=name):
            return name in targets
        case (
            ast.BinOp(left=ast.Name(id=name), op=ast.Add() | ast.Sub(), right=ast.Constant(value=int()))
            | ast.BinOp(left=ast.Constant(value=int()), op=ast.Add(), right=ast.Name(id=name))
        ):
            return name in targets
    return False


def _same_on_a_row(parts: list[ast.expr], axis: int, scalar: _Scalars) -> bool:
    """Whether the other entries mean the same on the row.

    An index array beside a slice moves its axis to the front if anything separates the two, the loop index included:
    then the entries may only be slices and scalars.
    """
    rest = [*parts[:axis], *parts[axis + 1 :]]
    if not _counted(parts) or not all(isinstance(part, ast.Slice) or scalar.holds(part) for part in parts[:axis]):
        return False  # a mask may stand for more than one axis
    sliced = any(isinstance(part, ast.Slice) for part in rest)
    return not sliced or all(isinstance(part, ast.Slice) or scalar.holds(part) for part in rest)


class _Scalars:
    """Which index entries are certainly integers: arithmetic of literals, of the loop index and of known numbers."""

    def __init__(self, machine: Machine, model: LoopModel, frame: Frame) -> None:
        self.machine, self.frame = machine, frame
        self.targets = {s.target.id for s in model.spaces[0].sources if isinstance(s, IndexSource)}
        self.locals: dict[str, list[ast.expr | None]] = {}
        for statement in model.body:
            for node in walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    plain = isinstance(statement, ast.Assign) and statement.targets == [node]
                    self.locals.setdefault(node.id, []).append(statement.value if plain else None)  # type: ignore[attr-defined]

    def holds(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=int()):
                return True
            case ast.UnaryOp(operand=inner):
                return self.holds(inner)
            case ast.BinOp(left=left, right=right):
                return self.holds(left) and self.holds(right)
            case ast.Name(id=name) if name in self.locals:
                return all(value is not None and self.holds(value) for value in self.locals[name])
            case ast.Name(id=name) if name in self.targets:
                return True
        value = self.machine.value(node, self.frame)
        return value.kind is Kind.NUMBER or (value.kind is Kind.ARRAY and value.shape == ())


def _step(access: _Access, axis: int, row: str, model: LoopModel) -> list[Edit]:
    module = model.module
    others = [part for k, part in enumerate(access.parts) if k != axis]
    rest = [module.text(part) for part in others]
    if access.write is None:
        whole = all(is_full_slice(part) for part in others)
        return [Edit(module.span(access.node), row if whole else f"{row}[{', '.join(rest)}]")]
    target = access.write.targets[0]
    at = access.node.value
    assert isinstance(at, ast.Attribute)
    return [
        Edit(module.span(target), row),
        Edit(module.span(at.value), row),
        Edit(module.span(access.node.slice), ", ".join(rest) or "..."),
    ]


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end - (data[end - 1 : end] == b"\r")


def _applied(model: LoopModel, loop: ast.For, changes: list[_Change]) -> bytes:
    module, data = model.module, model.module.data
    first = module.span(loop.body[0]).start
    last = _line_end(data, module.span(loop.body[-1]).end)
    indent = data[module.offset(loop.body[0].lineno, 0) : first].decode()
    edits = [edit for change in changes for edit in change.steps]
    edits.append(Edit(Span(first, first), "".join(f"{change.first}\n{indent}" for change in changes)))
    edits.append(Edit(Span(last, last), "".join(f"\n{indent}{change.last}" for change in changes)))
    return edited(data, edits)
