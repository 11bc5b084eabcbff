"""The ``vmap`` call as text, and where it goes: what both kinds of rewrite share."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.layout import lay_out
from vmapify.syntax import same_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.loop.reader import Mapping
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.combined_results import Joined
    from vmapify.rewrite.example import PerExample
    from vmapify.rewrite.layout import Style
    from vmapify.rewrite.spelling import Spelling
    from vmapify.syntax import Module


SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
SCOPES = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.IfExp, ast.BoolOp)


@dataclass(frozen=True, slots=True)
class Written:
    """The edits of one rewrite; ``replacement`` is the new line to show; ``lanes`` maps outputs to their batch axis."""

    edits: tuple[Edit, ...]
    replacement: str
    lanes: tuple[tuple[str, int], ...]


def call_text(writer: Writer, example: PerExample, ways: Sequence[Way]) -> str:
    """``jax.vmap(f, in_axes=…, out_axes=…)(xs, …)`` on one line."""
    out_axes = tuple(way.out_axis for way in ways)
    inside = [example.function, *_axes_text("in_axes", example.axes), *_axes_text("out_axes", out_axes)]
    if writer.mapping.size is not None:
        inside.append(f"axis_size={writer.mapping.size}")
    return f"{writer.words.vmap}({', '.join(inside)})({', '.join(example.arguments)})"


def restored(writer: Writer, example: PerExample, way: Way) -> str:
    """The call inside what makes of its result what the loop made."""
    return way.restore.of(call_text(writer, example, [way]))


def _axes_text(name: str, axes: tuple[int | None, ...]) -> list[str]:
    """Nothing for all zeros; one number if all agree; else the tuple."""
    if all(axis == 0 for axis in axes):
        return []
    if len(set(axes)) == 1 and axes[0] is not None:
        return [f"{name}={axes[0]}"]
    return [f"{name}=({', '.join(str(axis) for axis in axes)})"]


def laid_out(writer: Writer, statement: str) -> str:
    """``statement`` as it stands in the place of the loop."""
    return lay_out(statement, indent_of(writer.model.module, writer.model.anchor), writer.style)


def in_place_of(writer: Writer, node: ast.expr | ast.stmt, text: str) -> Edit:
    """``text`` for ``node``; the rest of its line is laid out anew only if it has to be."""
    module = writer.model.module
    span = module.span(node)
    if _crowded(writer, span, text):
        return Edit(span, text)
    start = module.offset(module.line_of(span.start), 0)
    before = module.data[start : span.start].decode()
    behind = _code(module.data[span.end :].split(b"\n", 1)[0].decode().rstrip("\r"))
    head = before.lstrip()
    indent = before.removesuffix(head)
    plain = f"{head}{text}{behind}"
    laid = lay_out(plain, indent, writer.style)
    whole = Span(start + len(indent.encode()), span.end + len(behind.encode()))
    if laid != plain and not _mean_the_same(module.data, Edit(span, text), Edit(whole, laid)):
        return Edit(span, text)
    if laid.startswith(head) and laid.endswith(behind):
        return Edit(span, laid[len(head) : len(laid) - len(behind)])
    return Edit(whole, laid)


def _mean_the_same(data: bytes, plain: Edit, laid: Edit) -> bool:
    """Whether a file means the same with either edit: a line of a longer statement cannot be judged by itself."""
    trees = []
    for edit in (plain, laid):
        try:
            trees.append(ast.parse(data[: edit.span.start] + edit.content.encode() + data[edit.span.end :]))
        except SyntaxError:
            return False
    return same_code(*trees)


def _crowded(writer: Writer, span: Span, text: str) -> bool:
    """Whether the line of ``span`` is too wide mostly for what else stands there: it is left to whoever wrote it so."""
    module = writer.model.module
    start = module.offset(module.line_of(span.start), 0)
    line = module.data[start:].split(b"\n", 1)[0].decode()
    old = module.data[span.start : span.end].decode()
    rest = len(line) - len(old)
    return "\n" not in text + old and len(line) > writer.style.width and rest > writer.style.width // 2


def _code(line: str) -> str:
    """``line`` without a comment at its end."""
    match = re.match(r"(?:[^#\"']|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')*", line)
    return match[0].rstrip() if match else ""


def too_wide(writer: Writer, edit: Edit) -> bool:
    """Whether a line of ``edit`` is longer than the file's lines are."""
    module = writer.model.module
    if _crowded(writer, edit.span, edit.content):
        return False
    start = module.offset(module.line_of(edit.span.start), 0)
    before = module.data[start : edit.span.start].decode()
    return any(len(line) > writer.style.width for line in f"{before}{edit.content}".split("\n"))


def is_broken_nest(writer: Writer, example: PerExample, edit: Edit) -> bool:
    """Whether a ``vmap`` in a lambda in a ``vmap`` is not over where its line ends: a named function reads better."""
    nest = example.function.startswith("lambda ") and f"{writer.words.vmap}(" in example.function
    return nest and "\n" in edit.content.partition(example.function)[2].rstrip()


def indent_of(module: Module, statement: ast.stmt) -> str:
    """The white space at the start of ``statement``'s line."""
    start = module.offset(statement.lineno, 0)
    line = module.data[start : module.span(statement).start].decode()
    return line[: len(line) - len(line.lstrip())]


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


def lanes_of(statement: ast.stmt, node: ast.expr, way: Way) -> tuple[tuple[str, int], ...]:
    """The batch axis of the value ``statement`` makes, if that is the batched result itself."""
    if not way.is_plain:
        return ()
    match statement:
        case ast.Return(value=value) if value is node:
            return (("return", way.out_axis),)
        case ast.Expr():  # judged by the value of what changes in it
            return (("return", way.out_axis),)
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ) if value is node:
            return ((name, way.out_axis),)
    return ()


@dataclass(frozen=True, slots=True)
class Writer:
    """What printing one rewrite needs to know.

    ``outside`` are the names that mean something around the loop, which a new local function must not hide, ``inside``
    those that mean something in it. ``joined`` are the places that several results go to, with their new texts.
    """

    machine: Machine
    model: LoopModel
    mapping: Mapping
    frame: Frame
    style: Style
    outside: frozenset[str]
    inside: frozenset[str]
    words: Spelling
    joined: Joined = ()
