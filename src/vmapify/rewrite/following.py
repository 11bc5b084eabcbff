"""The statement right behind a loop, if it is the only one that reads the accumulator: the reduction may stand there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import ArraySource, IndexSource
from vmapify.rewrite.collect import Collected, Filled
from vmapify.rewrite.merged import seen_elsewhere
from vmapify.rewrite.reduce import call_of
from vmapify.rewrite.written import SCOPES
from vmapify.syntax import reads_after, same_code, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop import Result, Source
    from vmapify.rewrite.collect import Way
    from vmapify.rewrite.writer import Writer

TAKING = (ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign)
HARMLESS = (ast.BinOp, ast.UnaryOp, ast.Tuple, ast.Call, ast.keyword)
FLOATING = {"float", "complex", None}


def inlined(writer: Writer, way: Way, value: Value, start: Value | None) -> tuple[ast.expr, Collected] | None:
    """The expression behind the loop that becomes the reduction, and how; None if it must keep its name."""
    result = writer.model.results[0]
    use = _only_use(writer, result) if not seen_elsewhere(writer.model, result.name or "") else None
    if use is None or not isinstance(way, Filled) or result.sinks[0].reduction is None:
        return None
    mean = mean_of(writer, use, way, value, start)
    if mean is not None:
        return mean
    text = way.text
    if way.in_place:
        text = text.replace("= ", " ", 1)
    module = writer.model.module
    parent = module.parents[use]
    bare = isinstance(parent, ast.stmt | ast.Tuple | ast.keyword) or (
        isinstance(parent, ast.Call) and parent.func is not use
    )
    atomic = _outer_call(text)
    if not bare and not atomic:
        text = f"({text})"
    return use, Collected(0, text)


def _outer_call(text: str) -> bool:
    """Whether ``text`` is one call: it binds as tightly as a name does."""
    node = ast.parse(text.replace("{}", "_"), mode="eval").body
    return isinstance(node, ast.Call)


def mean_of(
    writer: Writer, use: ast.expr, way: Way, value: Value, start: Value | None
) -> tuple[ast.expr, Collected] | None:
    """``total / n`` for the ``n`` iterations of the loop is their mean."""
    result = writer.model.results[0]
    sink = result.sinks[0]
    assert sink.reduction is not None
    plain = sink.collector == "sum" and not sink.reduction.negated and not sink.reduction.tree
    dropped = sink.reduction.identity is not None and (isinstance(way, Collected) or way.replaces_init)
    if not plain or not dropped or result.converted is not None or value.dtype not in FLOATING:
        return None
    if sink.reduction.identity == "array" and (start is None or start.dtype not in FLOATING):
        return None
    match writer.model.module.parents[use]:
        case ast.BinOp(left=left, op=ast.Div(), right=count) as quotient if left is use and _is_trip(writer, count):
            return quotient, Collected(0, call_of(writer.model.module, "mean", value.shape == (), writer.words))
    return None


def _only_use(writer: Writer, result: Result) -> ast.Name | None:
    module = writer.model.module
    block, index = module.block_of(writer.model.anchor)
    if index + 1 >= len(block) or module.function_of(writer.model.anchor) is None or result.name is None:
        return None
    statement = block[index + 1]
    if not isinstance(statement, TAKING):
        return None
    uses = [n for n in walk(statement) if isinstance(n, ast.Name) and n.id == result.name]
    reads = [n for n in uses if isinstance(n.ctx, ast.Load)]
    if len(reads) != 1 or (isinstance(statement, ast.AugAssign) and len(uses) > 1):
        return None
    if len(uses) == 1 and reads_after(module, statement, result.name) is not None:
        return None
    return reads[0] if _may_move(writer, reads[0], statement) else None


def _may_move(writer: Writer, use: ast.Name, statement: ast.stmt) -> bool:
    """Whether nothing that could matter is evaluated between the loop and ``use``."""
    for outer in writer.model.module.ancestors(use):
        if outer is statement:
            break
        if isinstance(outer, SCOPES) or not isinstance(outer, HARMLESS):
            return False
    before = [n for n in walk(statement) if isinstance(n, ast.Call | ast.NamedExpr | ast.Await | ast.Yield)]
    return all(_span(n) > _span(use) or any(n is o for o in writer.model.module.ancestors(use)) for n in before)


def _span(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _is_trip(writer: Writer, node: ast.expr) -> bool:
    """Whether ``node`` is certainly the number of iterations."""
    mapping = writer.mapping
    names = {n.id for n in walk(node) if isinstance(n, ast.Name)}
    if names & stored_names([writer.model.loop]):
        return False
    value = writer.machine.value(node, writer.frame)
    if mapping.trip is not None and value.number is not None:
        return value.number == mapping.trip
    return any(_counts(source, node) for source in writer.model.spaces[0].sources)


def _counts(source: Source, node: ast.expr) -> bool:
    """Whether ``node`` is the ``n`` of ``range(n)``, or ``len(xs)`` where the loop runs over ``xs``."""
    match source, node:
        case IndexSource(start=start, stop=ast.expr() as stop, step=step), _:
            return _is_default(start, 0) and _is_default(step, 1) and same_code(stop, node)
        case ArraySource(expr=rows), ast.Call(func=ast.Name(id="len"), args=[measured], keywords=[]):
            return same_code(rows, measured)
    return False


def _is_default(bound: ast.expr | None, value: int) -> bool:
    return bound is None or (isinstance(bound, ast.Constant) and bound.value == value)
