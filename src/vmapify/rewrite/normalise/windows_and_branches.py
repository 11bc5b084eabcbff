"""Bodies that only their spelling keeps from ``vmap``: windows cut by the loop index, conditional expressions.

    xs[i : i + 1]          →  xs[i][None]
    xs[i : i + w]          →  jax.lax.dynamic_slice_in_dim(xs, i, w)
    a if x > 0 else b      →  jnp.where(x > 0, a, b)

Each is another spelling of the same thing on conditions that become assumptions.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption, Edit
from vmapify.infer import Kind
from vmapify.loop import IndexSource
from vmapify.rewrite.edited import edited
from vmapify.rewrite.normalise.polynomials import difference, text_of
from vmapify.rewrite.spelling import import_edit
from vmapify.syntax import is_full_slice, loads, same_code, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Frame, Machine
    from vmapify.legality import Legality
    from vmapify.loop import LoopModel
    from vmapify.rewrite.spelling import Spelling

CURABLE = {"static-index", "python-branch-on-value"}
NO_ARRAYS = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Lambda, ast.JoinedStr, ast.Starred)


@dataclass(frozen=True, slots=True)
class Respelled:
    """The changed file, where the loop starts in it, and what the change assumes."""

    data: bytes
    start: int
    assumptions: tuple[Assumption, ...]


def respelled(machine: Machine, model: LoopModel, legality: Legality, words: Spelling) -> Respelled | None:
    """The file with windows and conditionals as JAX wants them; None if that is not all that keeps the loop."""
    codes = {one.code for one in (*legality.blockers, *(asked.reason for asked in legality.questions))}
    if not codes & CURABLE or not codes <= CURABLE | {"opaque-callee"} or len(model.spaces) != 1:
        return None
    windows = list(_windows(machine, model, legality.frame)) if "static-index" in codes else []
    choices = list(_choices(model, legality)) if "python-branch-on-value" in codes else []
    lax = _lax(words)
    if lax is None and not all(window.is_row for window in windows):
        return None
    edits = [_cut(model, window, lax or "") for window in windows]
    edits += [_where(model, choice, words) for choice in choices]
    if not edits or _overlap(edits):
        return None
    fits = (_fits(model, window) for window in windows if not window.is_row)
    arrays = (_is_array(model, window) for window in windows if not window.is_known)
    assumptions = (*arrays, *fits, *(_both(model, choice) for choice in choices))
    if words.missing is not None and not all(window.is_row for window in windows):
        edits.append(import_edit(model.module, words.missing, model.anchor))
    start = model.module.span(model.loop).start
    moved = sum(len(e.content.encode()) - (e.span.end - e.span.start) for e in edits if e.span.end <= start)
    return Respelled(edited(model.module.data, edits), start + moved, tuple(dict.fromkeys(assumptions)))


def _lax(words: Spelling) -> str | None:
    """``jax.lax``, if the file has or gets ``import jax``."""
    root, dot, _ = words.vmap.rpartition(".")
    return f"{root}.lax" if dot else None


def _overlap(edits: list[Edit]) -> bool:
    return any(one is not other and one.span.covers(other.span) for one in edits for other in edits)


# -- windows ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Window:
    """``base[…, start : start + width]`` on ``axis``."""

    node: ast.Subscript
    axis: int
    start: ast.expr
    width: str
    is_known: bool

    @property
    def is_row(self) -> bool:
        """Whether this is one row with its axis kept: whether that row exists is asked of any ``xs[i]``."""
        return self.width == "1" and self.axis == 0


def _windows(machine: Machine, model: LoopModel, frame: Frame) -> Iterator[_Window]:
    targets = {source.target.id for source in model.spaces[0].sources if isinstance(source, IndexSource)}
    changing = targets | stored_names(model.body)
    for node in walk(model.loop):
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        cut = [
            (axis, part) for axis, part in enumerate(parts) if isinstance(part, ast.Slice) and loads(part) & changing
        ]
        if len(cut) != 1 or any(
            not isinstance(part, ast.Slice) or loads(part) for part in parts if part is not cut[0][1]
        ):
            continue
        if not all(is_full_slice(part) for part in parts if part is not cut[0][1]) or loads(node.value) & changing:
            continue
        axis, part = cut[0]
        width = _width(part, model, changing) or _difference(part, changing) if part.step is None else None
        plain = part.lower is not None and not (loads(part.lower) & (changing - targets))
        kind = machine.value(node.value, frame).kind
        if width is not None and plain and kind in {Kind.ARRAY, Kind.UNKNOWN}:
            assert part.lower is not None
            yield _Window(node, axis, part.lower, width, kind is Kind.ARRAY)


def _width(part: ast.Slice, model: LoopModel, changing: set[str]) -> str | None:
    """``w`` of ``i : i + w`` and ``i - w : i``, whatever ``w`` is."""
    low, high = part.lower, part.upper
    match low, high:
        case (ast.expr(), ast.BinOp(left=left, op=ast.Add(), right=width)) if same_code(low, left):
            return _invariant(width, model, changing)
        case (ast.BinOp(left=left, op=ast.Sub(), right=width), ast.expr()) if same_code(left, high):
            return _invariant(width, model, changing)
    return None


def _difference(part: ast.Slice, changing: set[str]) -> str | None:
    """What the bounds differ by, if that is the same in every iteration: ``2 * k + 1`` of ``i - k : i + k + 1``."""
    found = difference(part.upper, part.lower) if part.upper is not None and part.lower is not None else None
    if not found or any(name.partition(".")[0] in changing for names in found for name in names):
        return None
    return text_of(found) if found.keys() != {()} or found[()] > 0 else None


def _invariant(width: ast.expr, model: LoopModel, changing: set[str]) -> str | None:
    return None if loads(width) & changing else model.module.text(width)


def _cut(model: LoopModel, window: _Window, lax: str) -> Edit:
    module = model.module
    base, start = module.text(window.node.value), module.text(window.start)
    if window.is_row:
        return Edit(module.span(window.node), f"{base}[{start}][None]")
    axis = f", axis={window.axis}" if window.axis else ""
    return Edit(module.span(window.node), f"{lax}.dynamic_slice_in_dim({base}, {start}, {window.width}{axis})")


def _fits(model: LoopModel, window: _Window) -> Assumption:
    return Assumption.of("in-bounds", "window", window=model.module.text(window.node))


def _is_array(model: LoopModel, window: _Window) -> Assumption:
    return Assumption.of("array-like", "rows", rows=model.module.text(window.node.value))


# -- conditional expressions ------------------------------------------------------------------------------------
def _choices(model: LoopModel, legality: Legality) -> Iterator[ast.IfExp]:
    """The conditional expressions of the loop whose test is decided on a value of the iteration."""
    for node in walk(model.loop):
        if not isinstance(node, ast.IfExp) or node.test not in legality.decided:
            continue
        if not any(isinstance(side, NO_ARRAYS) or _is_text(side) for side in (node.body, node.orelse)):
            yield node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, int | float | complex)


def _where(model: LoopModel, choice: ast.IfExp, words: Spelling) -> Edit:
    texts = [model.module.text(part) for part in (choice.test, choice.body, choice.orelse)]
    return Edit(model.module.span(choice), f"{words.jnp}.where({', '.join(texts)})")


def _both(model: LoopModel, choice: ast.IfExp) -> Assumption:
    return Assumption.of("both-sides", "choice", test=model.module.text(choice.test))
