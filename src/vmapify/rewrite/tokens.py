"""A logical line as tokens: which brackets stand in it side by side, and where Black would split it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STRING = (
    r"""[A-Za-z]{0,2}(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
)
NUMBER = r"0[xXbBoO]\w+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?"
OPERATOR = r"->|:=|\*\*=?|//=?|>>=?|<<=?|!=|[-+*/%&|^@=<>]=?|[()\[\]{},:.;~]"
TOKEN = re.compile(rf"\s*(?:(?P<string>{STRING})|{NUMBER}|\w+|{OPERATOR})", re.DOTALL)

OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = set(OPENING.values())
COMPREHENSION, COMMA, TERNARY, STRINGS = 20, 18, 16, 12
# Black's priorities: what binds weaker is split first
PRIORITY = {
    "or": 14,
    "and": 14,
    "in": 10,
    "not": 10,
    "is": 10,
    "<": 10,
    ">": 10,
    "==": 10,
    "!=": 10,
    "<=": 10,
    ">=": 10,
}
PRIORITY |= {"|": 9, "^": 8, "&": 7, "<<": 6, ">>": 6, "+": 5, "-": 5, "*": 4, "/": 4, "//": 4, "%": 4, "@": 4, "**": 3}
KEYWORDS = {"return", "lambda", "if", "else", "for", "in", "and", "or", "not", "is", "yield", "await", "assert"}


@dataclass(frozen=True, slots=True)
class Token:
    """``gap``: white space stands before it."""

    text: str
    gap: bool


def tokens_of(text: str) -> list[Token] | None:
    """The tokens of ``text`` on one line; None if it holds comments or what else cannot be moved."""
    found: list[Token] = []
    at, stripped = 0, text.rstrip()
    while at < len(stripped):
        match = TOKEN.match(stripped, at)
        if match is None or (match["string"] and "\n" in match["string"]):
            return None
        token = match[0].lstrip()
        broken = "\n" in match[0][: len(match[0]) - len(token)]
        _add(found, token, gap=len(token) < len(match[0]), broken=broken)
        at = match.end()
    return found or None


def _add(found: list[Token], text: str, *, gap: bool, broken: bool) -> None:
    """A line break inside brackets is a space, or nothing beside a bracket; a comma at the end of a line goes."""
    if broken and text in CLOSING and found[-1].text == "," and not _one_tuple(found):
        found.pop()
    beside = bool(found) and (found[-1].text in OPENING or text in CLOSING or text == ".")
    found.append(Token(text, gap and bool(found) and not (broken and beside)))


def _one_tuple(found: list[Token]) -> bool:
    """Whether the comma at the end of ``found`` makes ``(x,)`` a tuple."""
    depth = 0
    for k in range(len(found) - 2, -1, -1):
        text = found[k].text
        depth += (text in CLOSING) - (text in OPENING)
        if depth == 0 and text == ",":
            return False
        if depth < 0:
            return text != "{" and not _called(found[:k])
    return False


def _called(before: Sequence[Token]) -> bool:
    """Whether a parenthesis behind ``before`` holds arguments."""
    last = before[-1].text if before else ""
    return (last[-1:].isalnum() or last[-1:] in {"_", ")", "]"}) and last not in KEYWORDS


def joined(tokens: Sequence[Token]) -> str:
    """The tokens on one line."""
    return "".join(f" {token.text}" if token.gap and k else token.text for k, token in enumerate(tokens))


def pairs(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Opening and closing positions of the brackets that stand side by side; one without its partner is no bracket."""
    found: list[tuple[int, int]] = []
    open_at: list[int] = []
    for k, token in enumerate(tokens):
        if token.text in OPENING:
            open_at.append(k)
        elif token.text in CLOSING and open_at:
            start = open_at.pop()
            found = [pair for pair in found if pair[0] < start] + [(start, k)]
    return [pair for pair in found if not any(start < pair[0] for start in open_at)] if open_at else found


def is_balanced(tokens: Sequence[Token]) -> bool:
    """Whether every bracket has its partner: a statement of several lines goes on behind its first one."""
    depth = 0
    for token in tokens:
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth < 0:
            return False
    return depth == 0


def delimiters(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Positions and priorities of the commas and operators outside brackets and lambdas."""
    inside = {k for start, end in pairs(tokens) for k in range(start, end + 1)}
    return [(k, priority) for k, priority in _delimiters(tokens, inside) if priority]


def _delimiters(tokens: Sequence[Token], inside: set[int]) -> Iterator[tuple[int, int]]:
    part = ""  # of a lambda: its parameters, its body
    generated = False
    for k, token in enumerate(tokens):
        if k in inside:
            continue
        if token.text == "lambda":
            part = "parameters"
        elif token.text == ":" and part:
            part = "body"
        elif token.text == "," and part == "body":
            part = ""
        if not part:
            generated = generated or token.text == "for"
            yield k, _priority(tokens, k, generated=generated)


def _priority(tokens: Sequence[Token], k: int, *, generated: bool) -> int:
    text = tokens[k].text
    if text == ",":
        return COMMA
    if text == "for" or (generated and text == "if"):
        return COMPREHENSION
    if text in {"if", "else"}:
        return TERNARY
    before = tokens[k - 1].text if k else ""
    if text[-1] in "\"'" and before[-1:] in {'"', "'"}:
        return STRINGS
    unary = (
        not before or before in OPENING or before in KEYWORDS or not (before[-1].isalnum() or before[-1] in "_)]}\"'")
    )
    if (unary and text != "not") or (generated and text == "in") or (text == "in" and before == "not"):
        return 0
    if text == "not" and tokens[k + 1 : k + 2] != [Token("in", gap=True)]:
        return 0
    return PRIORITY.get(text, 0)
