"""The local per-example function: the loop's own lines, kept byte for byte, under a ``def``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from vmapify.diagnostic import Span
from vmapify.rewrite.comments import PRAGMA, comments_in
from vmapify.rewrite.layout import lay_out
from vmapify.rewrite.substitute import render
from vmapify.rewrite.tokens import tokens_of

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

if TYPE_CHECKING:
    from vmapify.loop import LoopModel, Part
    from vmapify.rewrite.layout import Style
    from vmapify.rewrite.simplify import Body
    from vmapify.syntax import Module


def definition(
    model: LoopModel,
    body: Body,
    name: str,
    parameters: list[str],
    replaced: dict[ast.AST, str],
    first: list[str],
    style: Style,
) -> str:
    """The text of ``def name(parameters):``; its first line is not indented, the others are as in the loop."""
    indent = _body_indent(model)
    lines = [f"def {name}({', '.join(parameters)}):", *(f"{indent}{line}" for line in first)]
    returned = _returned(model, body, replaced)
    text = "\n".join(lines) + _kept_lines(model, body, indent, replaced, returned)
    blank = "\n" if body.statements and isinstance(body.statements[-1], DEFINITIONS) else ""
    return f"{text}{blank}\n{indent}{_return(returned, indent, style)}"


def _return(text: str, indent: str, style: Style) -> str:
    """The ``return`` of ``text``: on one line if that is possible, else broken where the author broke it in Black's way."""
    plain = f"return {_enclosed(text, indent)}"
    if tokens_of(text) is None or re.search(r",\s*\n\s*[)\]}]", text):
        return plain
    laid = lay_out(f"return {text}", indent, style)
    broken_well = "\n" in text and text.split("\n", 1)[0].endswith(("(", "[", "{"))
    fits = all(len(line) <= style.width for line in f"{indent}{plain}".split("\n"))
    return plain if "\n" in laid and broken_well and fits else laid


def _enclosed(text: str, indent: str) -> str:
    """``text`` as it may stand behind ``return`` or ``=``: in parentheses if it runs over lines without brackets."""
    if "\n" not in text:
        return text
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return f"(\n{indent}    {text}\n{indent})"
    return text


def _returned(model: LoopModel, body: Body, replaced: dict[ast.AST, str]) -> str:
    texts = [body.kept.get(output) or render(model.module, output, replaced) for output in body.outputs]
    return with_part(body.outputs[0], texts[0], body.part) if body.part else ", ".join(texts)


def with_part(node: ast.expr, text: str, part: Part) -> str:
    """``text``, which spells ``node``, followed by ``[0]`` or ``.x``."""
    atom = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return f"{text}{part}" if atom or not part else f"({text}){part}"


def _body_indent(model: LoopModel) -> str:
    """Indentation of the loop's body; four more than the loop's where the body stands on its line."""
    outer = " " * model.loop.col_offset
    if isinstance(model.loop, ast.For):
        first = model.loop.body[0]
        if first.lineno > model.loop.lineno:
            start = model.module.offset(first.lineno, 0)
            return model.module.data[start : model.module.span(first).start].decode()
        anchor = model.module.offset(model.loop.lineno, 0)
        outer = model.module.data[anchor : model.module.span(model.loop).start].decode()
    else:
        anchor = model.module.offset(model.anchor.lineno, 0)
        outer = model.module.data[anchor : model.module.span(model.anchor).start].decode()
    return outer + "    "


def _kept_lines(model: LoopModel, body: Body, indent: str, replaced: dict[ast.AST, str], returned: str) -> str:
    """The statements that stay, with the comments and blank lines between them; comments of the others, if not ``returned``."""
    if not isinstance(model.loop, ast.For):
        return ""
    module = model.module
    pieces: list[str] = []
    at, stays = _header_end(module, model.loop), True
    for statement in model.loop.body:
        span = module.span(statement)
        behind, _, between = module.data[at : span.start].decode().replace("\r\n", "\n").partition("\n")
        pieces.append(_line_end(behind, indent, stays))
        at, text = span.end, _kept(model, body, statement, replaced)
        stays = text is not None
        if text is not None:
            if isinstance(statement, DEFINITIONS) and not "".join(pieces):
                between = between.lstrip("\n")  # a definition may follow a header at once
            pieces.append(f"\n{between or indent}{text}")
        else:
            own = [line.strip() for line in between.splitlines() if line.strip()]
            inside = [comment for comment in comments_in(module, span) if comment not in returned]
            pieces += [f"\n{indent}{comment}" for comment in (*own, *inside)]
    # the counter of a `while` loop, which stands behind all of them, is no statement of the loop that it is read as
    end = module.span(model.loop).end
    behind, newline, _ = module.data[at:end].decode().partition("\n")
    if newline:
        rest = Span(at + len(behind.encode()), end)
        pieces += [_line_end(behind, indent, stays), *(f"\n{indent}{one}" for one in comments_in(module, rest))]
    return "".join(pieces)


def _line_end(text: str, indent: str, stays: bool) -> str:
    """What stands behind a statement on its line: stays there, or moves to a line of its own if the statement goes."""
    comment = text.strip(" \t;")
    if comment.startswith("# type:"):
        return ""  # the type of a loop variable is not that of a function
    if stays or not comment:
        return text.rstrip(" \t;")
    return "" if PRAGMA.match(comment) else f"\n{indent}{comment}"


def _kept(model: LoopModel, body: Body, statement: ast.stmt, replaced: dict[ast.AST, str]) -> str | None:
    if statement in body.statements:
        return render(model.module, statement, replaced).replace("\r\n", "\n")
    indent = " " * statement.col_offset
    held = dict.fromkeys(r.element for r in model.results if r.statement is statement and r.element in body.kept)
    lines = [f"{body.kept[one]} = {_enclosed(render(model.module, one, replaced), indent)}" for one in held]
    return f"\n{indent}".join(lines) if lines else None


def _header_end(module: Module, loop: ast.For) -> int:
    """The offset behind the colon of ``for … in …:`` (behind its comment, if it has one)."""
    at = module.span(loop.iter).end
    while module.data[at : at + 1] != b":":
        at += 1
    return at + 1
