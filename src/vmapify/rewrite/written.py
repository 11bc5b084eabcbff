"""What both kinds of rewrite share: the edits made, positions in the text, the sink right behind a loop."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit
from vmapify.rewrite.layout import vmap_call
from vmapify.rewrite.leftovers import delete_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import Result, Sink
    from vmapify.rewrite.collect import Way
    from vmapify.rewrite.example import PerExample, Writer
    from vmapify.syntax import Module

MUCH = 1_000_000  # room for a call that must stay on one line
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
SCOPES = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.IfExp, ast.BoolOp)


@dataclass(frozen=True, slots=True)
class Written:
    """The edits of one rewrite; ``replacement`` is the new line to show; ``lanes`` maps outputs to their batch axis."""

    edits: tuple[Edit, ...]
    replacement: str
    lanes: tuple[tuple[str, int], ...]


def call_text(writer: Writer, example: PerExample, ways: Sequence[Way], room: int) -> str:
    """The ``vmap`` call, broken over lines if it is longer than ``room``."""
    indent = indent_of(writer.model.module, writer.model.anchor)
    text = vmap_call(example, writer.words.vmap, tuple(way.out_axis for way in ways), room, indent, writer.width)
    return text.replace("{jnp}", writer.words.jnp)


def wrapped_call(writer: Writer, example: PerExample, way: Way, room: int) -> str:
    """The ``vmap`` call inside what restores its result, on lines of its own if it does not fit."""
    plain = way.text.format(call_text(writer, example, [way], MUCH))
    if way.is_plain or len(plain) <= room + len(way.text) - 2 or not way.text.endswith("({})"):
        return way.text.format(call_text(writer, example, [way], room))
    indent = indent_of(writer.model.module, writer.model.anchor)
    inner = f"{indent}    "
    call = vmap_call(example, writer.words.vmap, (way.out_axis,), writer.width - len(inner), inner, writer.width)
    return way.text.format(f"\n{inner}{call.replace('{jnp}', writer.words.jnp)}\n{indent}")


def indent_of(module: Module, statement: ast.stmt) -> str:
    """The white space at the start of ``statement``'s line."""
    start = module.offset(statement.lineno, 0)
    line = module.data[start : module.span(statement).start].decode()
    return line[: len(line) - len(line.lstrip())]


def room_for(writer: Writer, node: ast.expr, way: Way) -> int:
    """Characters left for a call in the place of ``node``, its line's other text and the way's wrapping taken off."""
    module = writer.model.module
    span = module.span(node)
    before = module.data[module.offset(module.line_of(span.start), 0) : span.start].decode()
    behind = module.data[span.end :].split(b"\n", 1)[0].decode().split("#", 1)[0].rstrip()
    return writer.width - len(before) - len(behind) - len(way.text) + 2


def adjacent(result: Result, block: list[ast.stmt], index: int, module: Module) -> Sink | None:
    """The only sink, if it stands in the simple statement right behind the loop, outside any nested scope."""
    if len(result.sinks) != 1 or index + 1 >= len(block):
        return None
    sink = result.sinks[0]
    if sink.node is None or not isinstance(block[index + 1], SIMPLE):
        return None
    for outer in module.ancestors(sink.node):
        if outer is block[index + 1]:
            return sink
        if isinstance(outer, SCOPES):
            return None
    return None


def sink_edits(result: Result, way: Way, module: Module) -> list[Edit]:
    """``jnp.stack(rows)`` becomes ``rows``; ``rows = jnp.stack(rows)`` goes; what takes a batched array stays."""
    name = result.name or ""
    if getattr(way, "keeps_sink", False):
        return []
    text = way.text.format(name)
    edits: list[Edit] = []
    for sink in result.sinks:
        assert sink.node is not None
        statement = module.statement_of(sink.node)
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == text and value is sink.node:
                edits.append(delete_statement(module, statement))
            case _:
                edits.append(Edit(module.span(sink.node), text))
    return edits


def lanes_of(statement: ast.stmt, node: ast.expr, way: Way) -> tuple[tuple[str, int], ...]:
    """The batch axis of the value ``statement`` makes, if that is the batched result itself."""
    if not way.is_plain:
        return ()
    match statement:
        case ast.Return(value=value) if value is node:
            return (("return", way.out_axis),)
        case ast.Expr():  # judged by the value of what changes in it
            return (("return", way.out_axis),)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
            return ((name, way.out_axis),)
    return ()


def blank_lines_before(module: Module, statement: ast.stmt, gone: set[ast.stmt]) -> str:
    """The line ends a local function needs before it: none at the head of a block or behind a blank line."""
    block, index = module.block_of(statement)
    before = [other for other in block[:index] if other not in gone]
    if not before:
        return ""
    gap = module.data[module.span(before[-1]).end : module.offset(statement.lineno, 0)].decode().split("\n")[1:-1]
    kept = [line for line in gap if not line.strip() or line.strip().startswith("#")]
    if any(not line.strip() for line in kept):
        return ""
    return "\n" if indent_of(module, statement) else "\n\n"
