"""Rewriting a comprehension: the collecting call becomes the ``vmap`` call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.call_text import (
    SCOPES,
    SIMPLE,
    Written,
    adjacent,
    call_text,
    in_place_of,
    indent_of,
    is_broken_nest,
    laid_out,
    lanes_of,
    restored,
    too_wide,
)
from vmapify.rewrite.example import per_example
from vmapify.rewrite.placed import blank_lines_before, comment_line
from vmapify.rewrite.sink_statements import mean_of, sink_edits, targets
from vmapify.rewrite.unneeded_lines import coalesced, delete_statement
from vmapify.rewrite.unused_names import unused_assignments

if TYPE_CHECKING:
    from vmapify.legality import Legality
    from vmapify.rewrite.call_text import Writer
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.example import PerExample


def written_expression(writer: Writer, ways: list[Way], legality: Legality) -> Written | None:
    """The edits for a comprehension, generator or map."""
    module, way = writer.model.module, ways[0]
    if len(ways) > 1 or writer.model.results[0].apart:
        return _taken_apart(writer, ways)
    place = _place(writer)
    node, statement = place if place is not None else (writer.model.loop, writer.model.anchor)
    assert isinstance(node, ast.expr)
    if writer.model.results[0].sinks[0].reduction is not None:
        node, way = mean_of(writer, node, way, legality.values[0], legality.starts[0]) or (node, way)
    collected = [name for name in (_target(statement), _target(writer.model.anchor)) if name is not None]
    example = per_example(writer, collected, allow_lambda=True)
    text, edit = _text(writer, example, way, node, place)
    broken = example.function not in edit.content or too_wide(writer, edit) or is_broken_nest(writer, example, edit)
    if "\n" in example.function or (example.definition is None and broken and _may_define(writer)):
        example = per_example(writer, collected, allow_lambda=False)
        text, edit = _text(writer, example, way, node, place)
    if example.definition is not None and not _may_define(writer):
        return None
    result = writer.model.results[0]
    if result.name is None or place is not None:
        gone = [delete_statement(module, writer.model.anchor)] if place is not None and not example.definition else []
        edits = _complete(writer, example, [*gone, edit], gone=place is not None)
        return Written(edits, text, lanes_of(statement, node, way))
    edits = _complete(writer, example, [edit, *sink_edits(result, way, module)], gone=False)
    return Written(edits, text, ((result.name or "", way.out_axis),))


def _taken_apart(writer: Writer, ways: list[Way]) -> Written | None:
    """``a, b = jax.vmap(f)(xs)`` where the list was made, which one or several parts of the results were stacked from."""
    model = writer.model
    if not isinstance(model.anchor, ast.Assign):
        return None
    names, edits = targets(model, ways)
    span = model.module.span(model.anchor)
    example = per_example(writer, [], allow_lambda=True)
    text = laid_out(writer, f"{', '.join(names)} = {call_text(writer, example, ways)}")
    if "\n" in example.function or (
        example.definition is None and example.function not in text and _may_define(writer)
    ):
        example = per_example(writer, [], allow_lambda=False)
        text = laid_out(writer, f"{', '.join(names)} = {call_text(writer, example, ways)}")
    if example.definition is not None and not _may_define(writer):
        return None
    lanes = tuple((n, way.out_axis) for n, way in zip(names, ways, strict=True) if way.is_plain and n != "_")
    return Written(_complete(writer, example, [Edit(span, text), *edits], gone=False), text, lanes)


def _place(writer: Writer) -> tuple[ast.expr, ast.stmt] | None:
    """For ``rows = [f(x) for x in xs]`` the later ``jnp.stack(rows)`` and its statement, if they come right behind."""
    result, module = writer.model.results[0], writer.model.module
    if result.name is None:
        return None
    block, index = module.block_of(writer.model.anchor)
    sink = adjacent(result, block, index, module)
    return (sink.node, block[index + 1]) if sink is not None and sink.node is not None else None


def _text(
    writer: Writer, example: PerExample, way: Way, node: ast.expr, place: tuple[ast.expr, ast.stmt] | None
) -> tuple[str, Edit]:
    """The new expression and its edit: in the place of the comprehension, of the sink, or of a named list."""
    anchor = writer.model.anchor
    if writer.model.results[0].name is None or place is not None:
        text = restored(writer, example, way)
        return text, in_place_of(writer, node, text)
    assert isinstance(anchor, ast.Assign)
    text = restored(writer, example, way) if way.is_plain else call_text(writer, example, [way])
    return text, in_place_of(writer, anchor.value, text)


def _target(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None


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


def _complete(writer: Writer, example: PerExample, edits: list[Edit], *, gone: bool) -> tuple[Edit, ...]:
    """``edits`` with the local function, if any, and without the lines that nothing needs any more.

    ``gone``: the statement of the comprehension goes, so the function takes its place.
    """
    module, definition = writer.model.module, example.definition
    unused = unused_assignments(writer, edits, definition or "")
    dead = [delete_statement(module, statement) for statement in unused]
    before = _definition(writer, definition, set(unused), gone=gone) if definition is not None else []
    return tuple(coalesced(module, [*before, *edits, *dead]))


def _definition(writer: Writer, text: str, unused: set[ast.stmt], *, gone: bool) -> list[Edit]:
    """The local function above the statement, or, if that is ``gone``, in its place."""
    module, anchor = writer.model.module, writer.model.anchor
    head = blank_lines_before(module, anchor, unused)
    function = f"{indent_of(module, anchor)}{text}\n\n"
    if gone:
        deleted = delete_statement(module, anchor)
        behind = module.data[deleted.span.end :].split(b"\n", 1)[0].strip()
        return [*head, Edit(deleted.span, f"{deleted.content}{function if behind else function[:-1]}")]
    at = module.offset(comment_line(module, anchor, unused), 0)
    return [Edit(Span(at, at), f"{head[0].content if head else ''}{function}")]
