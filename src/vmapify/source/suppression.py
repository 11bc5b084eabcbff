"""Suppression comments: what they say, before anyone judges whether it makes sense."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vmapify.diagnostic import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.source.file import SourceFile

_OURS = re.compile(r"#\s*vmapify\s*:\s*(?P<word>[\w-]*)(?:\s*(?P<codes>\[[^\]#]*\]?))?(?P<rest>[^#]*)")
_NOQA = re.compile(r"#\s*noqa\b(?::\s*(?P<codes>[A-Za-z]+[0-9]+(?:[\s,]+[A-Za-z]+[0-9]+)*))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that asks for silence.

    ``codes`` is empty where every code is meant. ``line`` is 1-based. ``span`` holds the comment, ``#``
    included, up to the next ``#`` or the end of the line. ``error`` says why the comment means nothing.
    ``shared`` is true for a ``noqa`` comment, which other tools read as well.
    """

    scope: Literal["line", "file"]
    codes: tuple[str, ...]
    line: int
    span: Span
    error: str | None = None
    shared: bool = False


def suppressions(source: SourceFile) -> tuple[Suppression, ...]:
    """Every suppression comment of the file, in order. None for a file that does not tokenise."""
    found: list[Suppression] = []
    starts = _line_starts(source.data)
    try:
        for line, column, text in _comments(source.data):
            offset = starts[line - 1] + len(column.encode("utf-8"))
            found += _parse(text, line, offset)
    except (tokenize.TokenError, SyntaxError):
        return ()
    return tuple(found)


def _comments(data: bytes) -> Iterator[tuple[int, str, str]]:
    """Line, the line's text before the comment, and the comment."""
    text = data.decode("utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.line[: token.start[1]], token.string


def _line_starts(data: bytes) -> list[int]:
    return [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", data))]


def _parse(text: str, line: int, offset: int) -> Iterator[Suppression]:
    for match in _OURS.finditer(text):
        span = _span(text, match, offset)
        word, codes = match["word"], match["codes"]
        error = _error(word, codes, match["rest"])
        scope: Literal["line", "file"] = "file" if word == "ignore-file" else "line"
        yield Suppression(scope, () if error or not codes else _codes(codes), line, span, error)
    for match in _NOQA.finditer(text):
        codes = tuple(code.upper() for code in _codes(match["codes"] or ""))
        if not codes or any(code.startswith("VM") for code in codes):
            yield Suppression("line", codes, line, _span(text, match, offset), shared=True)


def _span(text: str, match: re.Match[str], offset: int) -> Span:
    start = offset + len(text[: match.start()].encode("utf-8"))
    return Span(start, start + len(match[0].rstrip().encode("utf-8")))


def _codes(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w-]+", text))


def _error(word: str, codes: str | None, rest: str) -> str | None:
    """What is wrong with ``# vmapify: word[codes] rest``."""
    if word not in ("ignore", "ignore-file"):
        return f"unknown directive `{word}`; write `ignore`, `ignore[VM101]` or `ignore-file`"
    if codes is None and rest[:1] not in ("", " ", "\t"):
        return f"`{word}{rest.split(maxsplit=1)[0]}` is not a directive; write `{word}` or `{word}[VM101]`"
    if codes is not None and not codes.endswith("]"):
        return f"the bracket is not closed; write `{word}[VM101]`"
    if codes is not None and not _codes(codes):
        return f"no code between the brackets; write `{word}[VM101]`, or `{word}` for every code"
    return None
