"""The statements behind a loop that take up its results: what becomes of them, and which names they still need."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit
from vmapify.loop import ArraySource, IndexSource
from vmapify.loop.restore import Assignment, Restore
from vmapify.rewrite.call_text import SCOPES
from vmapify.rewrite.collector_text import Collected, Filled
from vmapify.rewrite.reduction_text import call_of, enclosed
from vmapify.rewrite.unneeded_lines import delete_statement
from vmapify.syntax import dotted, names_in, reads_after, same_code, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Collection

    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Result, Source
    from vmapify.rewrite.call_text import Writer
    from vmapify.rewrite.collector_text import Way
    from vmapify.syntax import Module


class Behind:
    """``names`` maps stack calls to the name that each gets; ``statements`` are those that go with them."""

    def __init__(self) -> None:
        self.names: dict[ast.expr, str] = {}
        self.statements: list[ast.stmt] = []


def behind(model: LoopModel, plain: Collection[ast.expr]) -> Behind:
    """The run of statements behind the loop that assign the stack calls ``plain``, each to a name of its own."""
    found = Behind()
    gone = {id(statement) for result in model.results for statement in result.apart}
    block, index = model.module.block_of(model.anchor)
    for statement in block[index + 1 :]:
        if id(statement) in gone:
            continue
        pairs = pairs_of(statement)
        if not pairs or not all(call in plain for _, call in pairs):
            break
        found.names |= {call: name for name, call in pairs}
        found.statements.append(statement)
    return found


def pairs_of(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """``a, b = f(x), g(x)`` as pairs; nothing if a target is not a plain name."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [(name, value)]
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            return list(zip(names, values, strict=True)) if len(set(names)) == len(targets) else []
    return []


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
    module = writer.model.module
    parent = module.parents[use]
    bare = isinstance(parent, ast.stmt | ast.Tuple | ast.keyword) or (
        isinstance(parent, ast.Call) and parent.func is not use
    )
    *inside, outermost = way.restore.layers
    value_of = outermost.starting_from(outermost.target) if isinstance(outermost, Assignment) else outermost
    return use, Collected(0, Restore((*inside, value_of if bare else enclosed(value_of))))


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
            mean = call_of(writer.model.module, "mean", value.shape == (), writer.words)
            return quotient, Collected(0, Restore((mean,)))
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


def targets(model: LoopModel, ways: list[Way]) -> tuple[list[str], list[Edit]]:
    """A name for every result, and the edits that make the stack calls use it."""
    module = model.module
    pairs = list(zip(model.results, ways, strict=True))
    plain = [r.sinks[0].node for r, way in pairs if way.is_plain and len(r.sinks) == 1 and r.sinks[0].node is not None]
    found = behind(model, plain)
    gone = [*found.statements, *(s for r in model.results for s in r.apart if s is not model.anchor)]
    edits = [delete_statement(module, statement) for statement in dict.fromkeys(gone)]
    names: list[str] = []
    for result, way in pairs:
        node = result.sinks[0].node if result.sinks else None
        name = found.names.get(node) if node is not None else None
        if name is None and isinstance(way, Collected):
            edits += [one for one in sink_edits(result, way, module) if one not in edits]
        names.append(name or result.name or "")
    return names, edits


def sink_edits(result: Result, way: Way, module: Module) -> list[Edit]:
    """``jnp.stack(rows)`` becomes ``rows``; ``rows = jnp.stack(rows)`` goes; what takes a batched array stays."""
    name = result.name or ""
    if getattr(way, "keeps_sink", False):
        return []
    places = dict(getattr(way, "places", ()))
    edits: list[Edit] = []
    for sink in result.sinks:
        assert sink.node is not None
        text = places.get(sink.node, way.restore).of(name)
        statement = module.statement_of(sink.node)
        without = _without(module, statement, sink.node, text)
        edits.append(without if without is not None else Edit(module.span(sink.node), text))
    return edits


def _without(module: Module, statement: ast.stmt, node: ast.expr, text: str) -> Edit | None:
    """The edit that takes ``rows = rows`` out of a statement that ``node`` is a value of."""
    pairs = pairs_of(statement)
    if not any(value is node and name == text for name, value in pairs):
        return None
    left = [(name, value) for name, value in pairs if value is not node]
    if not left:
        return delete_statement(module, statement)
    names, values = ", ".join(name for name, _ in left), ", ".join(module.text(value) for _, value in left)
    return Edit(module.span(statement), f"{names} = {values}")


LEAVING = (ast.Raise, ast.Return, ast.Continue, ast.Break)


def returned_name(model: LoopModel, way: Filled) -> ast.expr | None:
    """The ``out`` of ``return out`` right behind the loop, if nothing else will read ``out``."""
    module = model.module
    block, index = module.block_of(model.anchor)
    match block[index + 1 : index + 2], model.results[0].name:
        case [ast.Return(value=ast.Name(id=name) as node) as statement], str(wanted) if name == wanted:
            pass
        case _:
            return None
    if way.in_place or reads_after(module, statement, name) is not None or seen_elsewhere(model, name):
        return None
    return node


def seen_elsewhere(model: LoopModel, name: str) -> bool:
    """Whether a ``finally`` may see ``name``, or it belongs to another scope."""
    for outer in model.module.ancestors(model.anchor):
        if isinstance(outer, ast.Try | ast.TryStar | ast.With | ast.AsyncWith):
            return True
        if isinstance(outer, SCOPES):
            declared = (node for node in walk(outer) if isinstance(node, ast.Global | ast.Nonlocal))
            return any(name in node.names for node in declared)
    return False


def needed_on_failure(module: Module, statement: ast.stmt, name: str) -> bool:
    """Whether ``name``, which ``statement`` binds, is read where what comes behind it may have failed."""
    inside: ast.AST = statement
    for outer in module.ancestors(statement):
        if isinstance(outer, SCOPES):
            return False
        if isinstance(outer, ast.Try | ast.TryStar) and inside in outer.body:
            parts = [*outer.handlers, *outer.finalbody]
            goes_on = any(not isinstance(handler.body[-1], LEAVING) for handler in outer.handlers)
            read = any(node.id == name for node in names_in(parts, ast.Load))
            if read or (goes_on and reads_after(module, outer, name) is not None):
                return True
        if isinstance(outer, ast.With | ast.AsyncWith) and any(_suppresses(item.context_expr) for item in outer.items):
            return reads_after(module, outer, name) is not None
        inside = outer
    return False


def _suppresses(context: ast.expr) -> bool:
    """Whether ``context`` may swallow an exception, by its name."""
    name = (dotted(context.func if isinstance(context, ast.Call) else context) or ("",))[-1].lower()
    return "suppress" in name or "raises" in name


def without_alias(model: LoopModel, result: Result, way: Way) -> Way:
    """``u.at[…].set(…)`` for ``out = u`` and ``out = out.at[…].set(…)``, if ``out`` is nothing but ``u`` until then."""
    match result.init, result.name:
        case ast.Assign(targets=[ast.Name()], value=ast.Name(id=alias)) as init, str(name):
            pass
        case _:
            return way
    if not isinstance(way, Filled) or way.update is None or way.update.name != name or way.replaces_init:
        return way
    block, index = model.module.block_of(model.anchor)
    between = block[block.index(init) + 1 : index] if init in block[:index] else block[:index]
    seen = [node for node in names_in([*between, model.loop], ast.Load) if node.id == name]
    if init not in block[:index] or len(seen) != 1 or stored_names([*between, *model.body]) & {name, alias}:
        return way
    return replace(way, restore=Restore((replace(way.update, name=alias),)), replaces_init=True)
