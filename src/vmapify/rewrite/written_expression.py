"""Rewriting a comprehension: the collecting call becomes the ``vmap`` call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.example import per_example
from vmapify.rewrite.leftovers import delete_statement
from vmapify.rewrite.written import (
    SCOPES,
    SIMPLE,
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
    from vmapify.loop import Result
    from vmapify.rewrite.collect import Way
    from vmapify.rewrite.example import PerExample, Writer


def written_expression(writer: Writer, way: Way) -> Written | None:
    """The edits for a comprehension, generator or map."""
    model = writer.model
    module = model.module
    assert isinstance(model.loop, ast.expr)
    result = model.results[0]
    example = per_example(writer, _collected(writer), allow_lambda=True)
    room = room_for(writer, model.loop, way)
    text = wrapped_call(writer, example, way, room)
    before: list[Edit] = []
    if (_too_long(writer, text) or "\n" in example.function) and _may_define(writer):
        example = per_example(writer, _collected(writer), allow_lambda=False)
    if example.definition is not None:
        if not _may_define(writer):
            return None
        before = [_definition(writer, example.definition)]
        text = wrapped_call(writer, example, way, room)
    if result.name is None:
        return Written((*before, Edit(module.span(model.loop), text)), text, lanes_of(model.anchor, model.loop, way))
    return _named(writer, result, way, text, before, example)


def _collected(writer: Writer) -> list[str]:
    match writer.model.anchor:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _too_long(writer: Writer, text: str) -> bool:
    indent = indent_of(writer.model.module, writer.model.anchor)
    first, *rest = text.split("\n")
    return any(len(line) > writer.width for line in (f"{indent}{first}" if not rest else "", *rest))


def _may_define(writer: Writer) -> bool:
    """Whether a function can stand right before the statement: no scope of its own lies between the two."""
    module = writer.model.module
    start = module.span(writer.model.anchor).start
    if module.data[module.offset(writer.model.anchor.lineno, 0) : start].strip():
        return False  # `def f(xs): return …` on one line
    if not isinstance(writer.model.anchor, SIMPLE) or writer.model.module.function_of(writer.model.anchor) is None:
        return False
    for outer in writer.model.module.ancestors(writer.model.loop):
        if outer is writer.model.anchor:
            return True
        if isinstance(outer, SCOPES):
            return False
    return False


def _definition(writer: Writer, text: str) -> Edit:
    module = writer.model.module
    at = module.offset(writer.model.anchor.lineno, 0)
    head = blank_lines_before(module, writer.model.anchor, set())
    return Edit(Span(at, at), f"{head}{indent_of(module, writer.model.anchor)}{text}\n\n")


def _named(writer: Writer, result: Result, way: Way, text: str, before: list[Edit], example: PerExample) -> Written:
    """``rows = [f(x) for x in xs]`` and a later ``jnp.stack(rows)``."""
    model = writer.model
    module = model.module
    assert isinstance(model.loop, ast.expr)
    assert isinstance(model.anchor, ast.Assign)
    block, index = module.block_of(model.anchor)
    sink = adjacent(result, block, index, module)
    if sink is not None and not before:
        assert sink.node is not None
        edits = [delete_statement(module, model.anchor), Edit(module.span(sink.node), text)]
        return Written(tuple(edits), text, lanes_of(block[index + 1], sink.node, way))
    plain = text if way.is_plain else call_text(writer, example, [way], writer.width)
    edits = [*before, Edit(module.span(model.anchor.value), plain), *sink_edits(result, way, module)]
    return Written(tuple(edits), plain, ((result.name or "", way.out_axis),))
