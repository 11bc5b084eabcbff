"""Rewriting a ``for`` statement: what stands where it stood, before it and after it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.loop import REDUCTIONS
from vmapify.rewrite import naming
from vmapify.rewrite.call_text import (
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
from vmapify.rewrite.collector_text import Collected, Filled
from vmapify.rewrite.comments import PRAGMA, comments_in
from vmapify.rewrite.example import per_example
from vmapify.rewrite.placed import blank_lines_before
from vmapify.rewrite.sink_statements import inlined, needed_on_failure, pairs_of, returned_name, targets, without_alias
from vmapify.rewrite.unneeded_lines import coalesced, delete_statement, without_targets
from vmapify.rewrite.unused_names import unused_assignments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.legality import Legality
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.call_text import Writer
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.example import PerExample
    from vmapify.syntax import Module


ROWS = {"sum": "terms", "prod": "factors"}


def written_loop(writer: Writer, ways: list[Way], legality: Legality) -> Written | None:
    """The edits for a ``for`` loop with lists or buffers."""
    model = writer.model
    block, index = model.module.block_of(model.anchor)
    first = model.results[0]
    ways = [without_alias(model, result, way) for result, way in zip(model.results, ways, strict=True)]
    alone = len(model.results) == 1
    sink = adjacent(first, block, index, model.module) if alone else None
    node = sink.node if sink is not None and isinstance(ways[0], Collected) else None
    if alone and isinstance(ways[0], Filled):
        node = returned_name(model, ways[0])
    place = inlined(writer, ways[0], legality.values[0], legality.starts[0]) if alone else None
    # one result gives the function its name; several would need a name for what they are together
    target = _target_name(first, block, index, model.module) if alone else None
    collected = [name for name in (target, first.name) if name is not None and alone]

    def written(example: PerExample) -> Written | None:
        if place is not None:
            return _moved(writer, example, place[1], place[0], _inits(model, ways))
        if node is not None:
            return _moved(writer, example, ways[0], node, _inits(model, ways))
        return _assigned(writer, example, ways)

    example = per_example(writer, collected, allow_lambda=True)
    text = written(example)
    if example.definition is None and text is not None and _is_long(writer, example, text):
        return written(per_example(writer, collected, allow_lambda=False))
    return text


def _is_long(writer: Writer, example: PerExample, text: Written) -> bool:
    """Whether a lambda would not stand on one line."""
    edit = next((edit for edit in text.edits if example.function in edit.content), None)
    if edit is None or "\n" in example.function:
        return True
    return too_wide(writer, edit) or is_broken_nest(writer, example, edit)


def _target_name(result: Result, block: list[ast.stmt], index: int, module: Module) -> str | None:
    """The name that the stacked results get right behind the loop."""
    sink = adjacent(result, block, index, module)
    match block[index + 1] if sink is not None else None:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ) if sink is not None and value is sink.node:
            return name
    return None


def _moved(writer: Writer, example: PerExample, way: Way, node: ast.expr, gone: Sequence[Edit]) -> Written:
    """The ``vmap`` call goes to ``node`` right behind the loop: the stack call, the buffer or the sum that is returned."""
    module = writer.model.module
    text, before = restored(writer, example, way), ""
    edit = in_place_of(writer, node, text)
    rows = _rows(writer, way)
    if "\n" in edit.content and rows is not None:
        before = laid_out(writer, f"{rows} = {call_text(writer, example, [way])}")
        edit = in_place_of(writer, node, way.restore.of(rows))
    edits = [*_loop_edits(writer, example, before), edit, *gone]
    return Written(_complete(writer, example, edits), text, lanes_of(module.statement_of(node), node, way))


def _rows(writer: Writer, way: Way) -> str | None:
    """A name for the batched results where they are not the result themselves and a line for each reads better."""
    result = writer.model.results[0]
    reduction = result.sinks[0].reduction
    if reduction is not None and reduction.tree:
        return result.name if reduction.identity == "tree" else None
    if reduction is not None:
        kind = ROWS.get(result.sinks[0].collector, "values")
    elif not isinstance(way, Filled) or way.is_plain:
        return None
    else:
        kind = "" if way.update is None else "columns" if way.out_axis else "rows"
    return naming.fresh(kind, writer.outside | writer.inside) if kind else None


def _assigned(writer: Writer, example: PerExample, ways: list[Way]) -> Written | None:
    """``values, grads = jax.vmap(f)(xs)`` where the loop stood; the stack calls become the names."""
    model = writer.model
    if len(ways) > 1 and any(isinstance(way, Filled) and not way.is_plain for way in ways):
        return _separately(writer, example, ways)
    names, edits = targets(model, ways)
    statement = _statement(writer, example, ways, names)
    edits = [*_loop_edits(writer, example, statement), *edits, *_inits(model, ways)]
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.is_plain)
    return Written(_complete(writer, example, edits), statement, lanes)


def _statement(writer: Writer, example: PerExample, ways: list[Way], names: list[str]) -> str:
    """The statement that takes the place of the loop; two, if one would not fit on a line."""
    way = ways[0]
    prefix = "" if isinstance(way, Filled) and way.in_place else f"{', '.join(names)}{_annotation(writer, ways)} = "
    call = call_text(writer, example, ways)
    if len(ways) > 1 or not isinstance(way, Filled):
        return laid_out(writer, prefix + call)
    whole = laid_out(writer, prefix + way.restore.of(call))
    rows = _rows(writer, way)
    if "\n" not in whole or rows is None:
        return whole
    indent = indent_of(writer.model.module, writer.model.anchor)
    return f"{laid_out(writer, f'{rows} = {call}')}\n{indent}{laid_out(writer, prefix + way.restore.of(rows))}"


def _annotation(writer: Writer, ways: list[Way]) -> str:
    """The annotation of a buffer whose first assignment goes."""
    init = writer.model.results[0].init
    replaced = len(ways) == 1 and isinstance(ways[0], Filled) and ways[0].replaces_init
    return f": {writer.model.module.text(init.annotation)}" if replaced and isinstance(init, ast.AnnAssign) else ""


def _separately(writer: Writer, example: PerExample, ways: list[Way]) -> Written | None:
    """Several results, some of them sums or buffers: the batched rows get names, then each result is made of its own."""
    model = writer.model
    indent = indent_of(model.module, model.anchor)
    names, edits = targets(model, ways)
    rows = [_rows_name(writer, r, n, way) for r, n, way in zip(model.results, names, ways, strict=True)]
    prefix = f"{', '.join(rows)} = "
    lines = [prefix + call_text(writer, example, ways)]
    lines += [_made(n, row, way) for n, row, way in zip(names, rows, ways, strict=True) if n != row]
    lines = [laid_out(writer, line) for line in lines]
    edits = [*_loop_edits(writer, example, f"\n{indent}".join(lines)), *edits, *_inits(model, ways)]
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.is_plain)
    return Written(_complete(writer, example, edits), lines[0], lanes)


def _made(name: str, row: str, way: Way) -> str:
    text = way.restore.of(row)
    return text if isinstance(way, Filled) and way.in_place else f"{name} = {text}"


def _rows_name(writer: Writer, result: Result, name: str, way: Way) -> str:
    """The element's own name where it has one, else ``<result>_rows``."""
    if isinstance(way, Collected) or way.is_plain:
        return name
    match result.element:
        case ast.Name(id=row) if row != name:
            return row
    return naming.fresh(f"{name}_rows", writer.outside | writer.inside)


def _loop_edits(writer: Writer, example: PerExample, statement: str) -> list[Edit]:
    """The loop becomes the local function (if any) and ``statement``; the empty lists before it go."""
    model = writer.model
    module = model.module
    edits = _without_lists(model)
    if example.definition is None:
        return [*edits, _replaced_loop(writer, example, statement)]
    indent = indent_of(module, model.anchor)
    span = Span(module.offset(model.anchor.lineno, 0), module.span(model.anchor).end)
    rest = module.data[span.end :].split(b"\n", 1)[0].decode().rstrip()
    span = Span(span.start, span.end + len(rest.encode()))
    blank = "\n\n" if indent else "\n\n\n"
    if statement:
        return [*edits, Edit(span, f"{indent}{example.definition}{rest}{blank}{indent}{statement}")]
    tail = "" if _blank_behind(module, span.end) else blank[1:]
    return [*edits, Edit(span, f"{indent}{example.definition}{rest}{tail}")]


def _without_lists(model: LoopModel) -> list[Edit]:
    """The statements that make the empty lists go; of ``a, b = [], []`` only what the loop fills."""
    filled = {result.list_name or result.name for result in model.results}
    edits = [
        delete_statement(model.module, start) for loop, start in model.module.counters.items() if loop is model.loop
    ]
    for init in {r.init for r in model.results if r.init is not None and not _is_kept(r)}:
        left = [(name, value) for name, value in pairs_of(init) if name not in filled]
        if left and len(left) < len(pairs_of(init)):
            names, values = (
                ", ".join(name for name, _ in left),
                ", ".join(model.module.text(value) for _, value in left),
            )
            edits.append(Edit(model.module.span(init), f"{names} = {values}"))
        else:
            edits.append(delete_statement(model.module, init))
    return edits


def _is_kept(result: Result) -> bool:
    """Whether the statement that makes the buffer, or the start of the sum, is dealt with by itself."""
    return any(sink.collector in {"buffer", "list", *REDUCTIONS} for sink in result.sinks)


def _replaced_loop(writer: Writer, example: PerExample, statement: str) -> Edit:
    """``statement`` in place of the loop, the comments of the loop above it."""
    model = writer.model
    module = model.module
    indent = indent_of(module, model.anchor)
    end = module.span(model.anchor).end
    behind = module.data[end:].split(b"\n", 1)[0].decode().rstrip()
    comments = [c for c in comments_in(module, module.span(model.loop)) if c not in example.function]
    if not statement and not comments:
        return delete_statement(module, model.anchor)
    lines = [*comments, *([statement] if statement else [])]
    too_long = "\n" in statement or len(f"{indent}{statement}{behind}") > writer.style.width
    if behind.lstrip().startswith("#") and (not statement or too_long) and not PRAGMA.match(behind.lstrip()):
        lines.insert(len(comments), behind.lstrip())
        end += len(behind.encode())
    return Edit(Span(module.offset(model.anchor.lineno, 0), end), "\n".join(f"{indent}{line}" for line in lines))


def _blank_behind(module: Module, end: int) -> bool:
    lines = module.data[end:].split(b"\n", 2)
    return len(lines) > 1 and not lines[1].strip()


def _inits(model: LoopModel, ways: list[Way]) -> list[Edit]:
    """Buffers that are filled completely need no ``jnp.zeros`` any more, accumulators no zero."""
    gone: dict[ast.stmt, set[str]] = {}
    for result, way in zip(model.results, ways, strict=True):
        init, name = result.init, result.name or ""
        replaced = isinstance(way, Filled) and way.replaces_init
        if replaced and init is not None and not needed_on_failure(model.module, init, name):
            gone.setdefault(init, set()).add(name)
    return [without_targets(model.module, init, names) for init, names in gone.items()]


def _complete(writer: Writer, example: PerExample, edits: list[Edit]) -> tuple[Edit, ...]:
    """``edits`` with what several results go to, without lines that nothing needs, with blank lines around a function."""
    model = writer.model
    edits += [in_place_of(writer, node, text) for node, text in writer.joined]
    edits = [*edits, *(delete_statement(model.module, statement) for statement in unused_assignments(writer, edits))]
    if example.definition is not None:
        block, index = model.module.block_of(model.anchor)
        spans = {statement: model.module.span(statement) for statement in block[:index]}
        gone = {statement for statement, span in spans.items() if any(edit.span.covers(span) for edit in edits)}
        edits += blank_lines_before(model.module, model.anchor, gone)
    return tuple(coalesced(model.module, edits))
