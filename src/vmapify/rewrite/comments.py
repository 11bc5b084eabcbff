"""Comments: none is lost when lines go, those of an expression move above its statement."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.source import apply_edits

if TYPE_CHECKING:
    from vmapify.syntax import Module

# comments that speak to tools about the line they stand on; they go with the line
PRAGMA = re.compile(r"#\s*(noqa|type:|pylint:|pyright:|mypy:|fmt:|isort:|ruff:|vmapify:|pragma:)", re.IGNORECASE)


def comments_in(module: Module, span: Span) -> list[str]:
    """The comments that start inside ``span``, in order, without those that only address tools."""
    text = module.data[span.start : span.end].decode()
    if "#" not in text:
        return []
    return _without_pragmas(text)


def _without_pragmas(text: str) -> list[str]:
    return [comment for comment in _comments(text) if not PRAGMA.match(comment)]


def _comments(text: str) -> list[str]:
    found: list[str] = []
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text.lstrip(" \t")).readline)
        found.extend(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass  # a fragment may end inside brackets or dedent below its first line; what was seen counts
    return found


def with_comments(module: Module, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """``edits`` with the comments that they would take away, each above the statement in which it stood."""
    held = {edit: found for edit in edits if (found := comments_in(module, edit.span))}
    after = apply_edits(module.data, edits) if held else b""
    if not held or not isinstance(after, bytes):
        return edits
    every = Span(0, len(module.data))
    lost = Counter(comments_in(module, every)) - Counter(_without_pragmas(after.decode()))
    for edit, found in held.items():
        mine = [one for k, one in enumerate(found) if found[: k + 1].count(one) <= lost[one]]
        lost -= Counter(mine)
        statement = _statement_around(module, edit.span) if mine else None
        if statement is not None:
            edits = _with_lines_above(module, statement, mine, edits)
    return edits


def _statement_around(module: Module, span: Span) -> ast.stmt | None:
    """The smallest statement around ``span`` that starts its line."""
    found = [
        node
        for node in module.nodes
        if isinstance(node, ast.stmt)
        and module.span(node).overlaps(span)
        and module.offset(node.lineno, 0) <= span.start
        and not module.data[module.offset(node.lineno, 0) : module.span(node).start].strip()
    ]
    around = [node for node in found if span.end <= module.span(node).end]
    return max(around, key=lambda node: module.span(node).start, default=None)


def _with_lines_above(
    module: Module, statement: ast.stmt, comments: list[str], edits: tuple[Edit, ...]
) -> tuple[Edit, ...]:
    at = module.offset(statement.lineno, 0)
    indent = module.data[at : module.span(statement).start].decode()
    text = "".join(f"{indent}{comment}\n" for comment in comments)
    for edit in edits:
        if edit.span == Span(at, at):  # a function that stands above the statement
            return tuple(replace(one, content=edit.content + text) if one is edit else one for one in edits)
        if edit.span.start == at < edit.span.end:
            return tuple(replace(one, content=text + edit.content) if one is edit else one for one in edits)
    return (*edits, Edit(Span(at, at), text))
