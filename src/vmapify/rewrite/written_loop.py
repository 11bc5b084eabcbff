"""Rewriting a ``for`` statement: what stands where it stood, before it and after it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite import naming
from vmapify.rewrite.collect import Collected, Filled
from vmapify.rewrite.comments import comments_in
from vmapify.rewrite.example import per_example
from vmapify.rewrite.leftovers import coalesced, delete_statement, unused_assignments
from vmapify.rewrite.written import (
    Written,
    adjacent,
    blank_lines_before,
    call_text,
    indent_of,
    lanes_of,
    room_for,
    sink_edits,
    wrapped_call,
)

if TYPE_CHECKING:
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.rewrite.collect import Way
    from vmapify.rewrite.example import PerExample, Writer
    from vmapify.syntax import Module


def written_loop(writer: Writer, ways: list[Way]) -> Written | None:
    """The edits for a ``for`` loop with lists or buffers."""
    model = writer.model
    block, index = model.module.block_of(model.anchor)
    first = model.results[0]
    alone = len(model.results) == 1
    sink = adjacent(first, block, index, model.module) if alone else None
    # one result gives the function its name; several would need a name for what they are together
    target = _target_name(first, block, index, model.module) if alone else None
    collected = [name for name in (target, first.name) if name is not None and alone]
    example = _example(writer, collected)
    if sink is not None and isinstance(ways[0], Collected):
        return _into_sink(writer, example, ways[0], sink)
    return _assigned(writer, example, ways)


def _example(writer: Writer, collected: list[str]) -> PerExample:
    """A lambda if its line fits, else a local function."""
    example = per_example(writer, collected, allow_lambda=True)
    indent = indent_of(writer.model.module, writer.model.anchor)
    long = "\n" in example.function or len(indent) + len(example.function) + 4 > writer.width
    if example.function.startswith("lambda") and long:
        return per_example(writer, collected, allow_lambda=False)
    return example


def _target_name(result: Result, block: list[ast.stmt], index: int, module: Module) -> str | None:
    """The name that the stacked results get right behind the loop."""
    sink = adjacent(result, block, index, module)
    match block[index + 1] if sink is not None else None:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ) if sink is not None and value is sink.node:
            return name
    return None


def _into_sink(writer: Writer, example: PerExample, way: Collected, sink: Sink) -> Written:
    """The stack call right behind the loop becomes the ``vmap`` call."""
    module = writer.model.module
    assert sink.node is not None
    statement = module.statement_of(sink.node)
    text = wrapped_call(writer, example, way, room_for(writer, sink.node, way))
    edits = [*_loop_edits(writer, example, ""), Edit(module.span(sink.node), text)]
    edits += _dead(writer.model, edits)
    return Written(tuple(coalesced(module, edits)), text, lanes_of(statement, sink.node, way))


def _assigned(writer: Writer, example: PerExample, ways: list[Way]) -> Written | None:
    """``values, grads = jax.vmap(f)(xs)`` where the loop stood; the stack calls become the names."""
    model = writer.model
    if len(ways) > 1 and any(isinstance(way, Filled) and not way.is_plain for way in ways):
        return _separately(writer, example, ways)
    indent = indent_of(model.module, model.anchor)
    names, edits = _targets(model, ways)
    way = ways[0]
    restored = len(ways) == 1 and isinstance(way, Filled)
    prefix = "" if isinstance(way, Filled) and way.in_place else f"{', '.join(names)} = "
    room = writer.width - len(indent) - len(prefix)
    if restored:
        statement = prefix + wrapped_call(writer, example, way, room - len(way.text) + 2)
    else:
        statement = prefix + call_text(writer, example, ways, room)
    edits = [*_loop_edits(writer, example, statement), *edits, *_inits(model, ways)]
    edits += _dead(model, edits)
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.is_plain)
    return Written(tuple(coalesced(model.module, edits)), statement, lanes)


def _separately(writer: Writer, example: PerExample, ways: list[Way]) -> Written | None:
    """Several results, some of them sums or buffers: the batched rows get names, then each result is made of its own."""
    model = writer.model
    indent = indent_of(model.module, model.anchor)
    names, edits = _targets(model, ways)
    rows = [_rows_name(writer, r, n, way) for r, n, way in zip(model.results, names, ways, strict=True)]
    prefix = f"{', '.join(rows)} = "
    lines = [prefix + call_text(writer, example, ways, writer.width - len(indent) - len(prefix))]
    lines += [_made(n, row, way) for n, row, way in zip(names, rows, ways, strict=True) if n != row]
    edits = [*_loop_edits(writer, example, f"\n{indent}".join(lines)), *edits, *_inits(model, ways)]
    edits += _dead(model, edits)
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.is_plain)
    return Written(tuple(coalesced(model.module, edits)), lines[0], lanes)


def _made(name: str, row: str, way: Way) -> str:
    text = way.text.format(row)
    return text if isinstance(way, Filled) and way.in_place else f"{name} = {text}"


def _rows_name(writer: Writer, result: Result, name: str, way: Way) -> str:
    """The element's own name where it has one, else ``<result>_rows``."""
    if isinstance(way, Collected) or way.is_plain:
        return name
    match result.element:
        case ast.Name(id=row) if row != name:
            return row
    return naming.fresh(f"{name}_rows", writer.outside | writer.inside)


def _targets(model: LoopModel, ways: list[Way]) -> tuple[list[str], list[Edit]]:
    """A name for every result, and the edits that make the stack calls use it."""
    module = model.module
    block, index = module.block_of(model.anchor)
    names: list[str] = []
    edits: list[Edit] = []
    removed: set[ast.stmt] = set()
    for result, way in zip(model.results, ways, strict=True):
        name = _assigned_name(result, block, index, removed) if way.is_plain else None
        if name is not None:
            node = result.sinks[0].node
            assert node is not None
            removed.add(module.statement_of(node))
            edits.append(delete_statement(module, module.statement_of(node)))
        elif isinstance(way, Collected):
            edits += sink_edits(result, way, module)
        names.append(name or result.name or "")
    return names, edits


def _assigned_name(result: Result, block: list[ast.stmt], index: int, removed: set[ast.stmt]) -> str | None:
    """T of ``T = jnp.stack(results)``, if only such statements stand between it and the loop."""
    if len(result.sinks) != 1 or result.sinks[0].node is None:
        return None
    for statement in block[index + 1 :]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is result.sinks[0].node:
                return name
        if statement not in removed:
            return None
    return None


def _loop_edits(writer: Writer, example: PerExample, statement: str) -> list[Edit]:
    """The loop becomes the local function (if any) and ``statement``; the empty lists before it go."""
    model = writer.model
    module = model.module
    indent = indent_of(module, model.anchor)
    lists = {r.init for r in model.results if r.init is not None and r.sinks[0].collector not in {"buffer", "sum"}}
    edits = [delete_statement(module, init) for init in lists]
    span = Span(module.offset(model.anchor.lineno, 0), module.span(model.anchor).end)
    if example.definition is None:
        comments = [c for c in comments_in(module, module.span(model.loop)) if c not in example.function]
        lines = [*comments, *([statement] if statement else [])]
        if not lines:
            return [*edits, delete_statement(module, model.anchor)]
        return [*edits, Edit(span, "\n".join(f"{indent}{line}" for line in lines))]
    rest = module.data[span.end :].split(b"\n", 1)[0].decode().rstrip()
    span = Span(span.start, span.end + len(rest.encode()))
    head = blank_lines_before(module, model.anchor, lists)
    blank = "\n\n" if indent else "\n\n\n"
    if statement:
        return [*edits, Edit(span, f"{head}{indent}{example.definition}{rest}{blank}{indent}{statement}")]
    tail = "" if _blank_behind(module, span.end) else blank[1:]
    return [*edits, Edit(span, f"{head}{indent}{example.definition}{rest}{tail}")]


def _blank_behind(module: Module, end: int) -> bool:
    lines = module.data[end:].split(b"\n", 2)
    return len(lines) > 1 and not lines[1].strip()


def _inits(model: LoopModel, ways: list[Way]) -> list[Edit]:
    """Buffers that are filled completely need no ``jnp.zeros`` any more."""
    return [
        delete_statement(model.module, result.init)
        for result, way in zip(model.results, ways, strict=True)
        if isinstance(way, Filled) and way.replaces_init and result.init is not None
    ]


def _dead(model: LoopModel, edits: list[Edit]) -> list[Edit]:
    """Lengths and shapes that only the loop used."""
    new = {name for edit in edits for name in re.findall(r"[A-Za-z_]\w*", edit.content)}
    spans = [edit.span for edit in edits]
    return [delete_statement(model.module, statement) for statement in unused_assignments(model, spans, new)]
