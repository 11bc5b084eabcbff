"""Layout of one logical line: on one line if it fits, else broken the way Black breaks it.

Brackets are opened from the right until the first line fits; what stands between them goes on a line of its own, or, if
that is too long, one item a line with a trailing comma. An expression with operators gets parentheses first.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from keyword import iskeyword
from typing import TYPE_CHECKING

from vmapify.rewrite.tokens import COMMA, Token, delimiters, is_balanced, joined, pairs, tokens_of
from vmapify.syntax import same_code

if TYPE_CHECKING:
    from collections.abc import Sequence

ASSIGNING = {"=", "+=", "-=", "*=", "/=", "@=", "//=", "**=", "%=", "&=", "|=", "^=", ">>=", "<<="}
Lines = list[tuple[int, str]]  # column and text


@dataclass(frozen=True, slots=True)
class Style:
    """The line length of a file, and by how many columns it indents what stands in brackets."""

    width: int
    step: int


def lay_out(text: str, indent: str, style: Style) -> str:
    """``text``, a simple statement or an item in brackets, as it stands behind ``indent``; with comments it stays."""
    tokens = tokens_of(text)
    if tokens is None:
        return text
    comma = [tokens.pop()] if tokens[-1].text == "," else []
    lines = _statement(tokens, len(indent), style)
    broken = "\n".join(f"{indent}{' ' * (column - len(indent))}{line}" for column, line in lines).removeprefix(indent)
    if len(lines) > 1 and not _same(joined(tokens), broken):
        return text
    return broken + joined(comma)


def _same(one: str, other: str) -> bool:
    """Whether the laid out text means what the line meant; a fragment of a statement cannot be asked."""
    try:
        before = ast.parse(f"def f():\n {one}")
    except SyntaxError:
        return True
    try:
        return same_code(before, ast.parse(f"def f():\n {other}"))
    except SyntaxError:
        return False


def _fits(tokens: Sequence[Token], column: int, style: Style) -> bool:
    return column + len(joined(tokens)) <= style.width


def _statement(tokens: list[Token], column: int, style: Style) -> Lines:
    """A statement: what is returned or assigned may get parentheses, so that it can be split at its operators."""
    if _fits(tokens, column, style):
        return [(column, joined(tokens))]
    start = _value_at(tokens)
    value = tokens[start:]
    if start and value and is_balanced(value) and _needs_parentheses(value):
        bare = any(priority == COMMA for _, priority in delimiters(value))  # a tuple gets a line for each entry
        inner = (_split if bare else _inside)(value, column + style.step, style)
        return [(column, f"{joined(tokens[:start])} ("), *inner, (column, ")")]
    return _opened(tokens, column, style)


def _value_at(tokens: Sequence[Token]) -> int:
    """Where the value starts that a statement returns or assigns; 0 if it does neither."""
    if tokens[0].text == "return":
        return 1
    hidden = {k for start, end in pairs(tokens) for k in range(start, end + 1)}
    places = (k + 1 for k, token in enumerate(tokens) if token.text in ASSIGNING and k not in hidden)
    return next(places, 0)


def _needs_parentheses(value: Sequence[Token]) -> bool:
    """Black's rule: operators are split in parentheses, unless a call at the end can be opened instead."""
    found = delimiters(value)
    if not found:
        return False
    strongest = max(priority for _, priority in found)
    at_end = pairs(value)[-1:]
    ends = bool(at_end) and at_end[0][1] == len(value) - 1 and at_end[0][1] > at_end[0][0] + 1
    alone = sum(priority == strongest for _, priority in found) == 1
    return strongest == COMMA or not alone or not ends or value[-1].text == "]"


def _opened(tokens: list[Token], column: int, style: Style) -> Lines:
    """The last bracket is opened that leaves a first line that fits."""
    filled = [(start, end) for start, end in pairs(tokens) if end > start + 1]
    if not filled:
        return [(column, joined(tokens))]
    short = [(start, end) for start, end in filled if _fits(tokens[: start + 1], column, style)]
    short = [pair for pair in short if _fits(tokens[pair[1] :], column, style)] or short
    start, end = short[-1] if short else filled[0]
    head, body, tail = tokens[: start + 1], tokens[start + 1 : end], tokens[end:]
    entries = _is_display(head) and any(priority == COMMA for _, priority in delimiters(body))
    inside = (_split if entries else _inside)(body, column + style.step, style)
    last = [(column, joined(tail))] if _fits(tail, column, style) else _opened(tail, column, style)
    return [(column, joined(head)), *inside, *last]


def _is_display(head: Sequence[Token]) -> bool:
    """Whether the bracket at the end of ``head`` is that of a tuple, list, set or dict, not of a call or a subscript."""
    before = head[-2].text if len(head) > 1 else ""
    return not (before[-1:].isidentifier() or before[-1:].isdigit() or before in {")", "]"}) or iskeyword(before)


def _inside(tokens: list[Token], column: int, style: Style) -> Lines:
    """What stands in a bracket: on one line if it fits, else split."""
    return [(column, joined(tokens))] if _fits(tokens, column, style) else _split(tokens, column, style)


def _split(tokens: list[Token], column: int, style: Style) -> Lines:
    """At the commas or operators, else opened further."""
    found = [(k, priority) for k, priority in delimiters(tokens) if k]
    if not found:
        return _opened(tokens, column, style)
    strongest = max(priority for _, priority in found)
    places = [k for k, priority in found if priority == strongest]
    if strongest != COMMA:
        return [line for part in _cut(tokens, places) for line in _inside(part, column, style)]
    lines: Lines = []
    for part in _cut(tokens, places):
        *most, (at, text) = _inside(part[1:] if part[0].text == "," else part, column, style)
        lines += [*most, (at, f"{text},")]
    return lines


def _cut(tokens: list[Token], places: Sequence[int]) -> list[list[Token]]:
    """``tokens`` cut before ``places``."""
    bounds = [0, *places, len(tokens)]
    return [tokens[start:end] for start, end in pairwise(bounds)]
