"""Comments inside a span of source, so that none is lost when lines go."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic import Span
    from vmapify.syntax import Module

# comments that speak to tools about the line they stand on; they go with the line
PRAGMA = re.compile(r"#\s*(noqa|type:|pylint:|pyright:|mypy:|fmt:|isort:|ruff:|vmapify:|pragma:)", re.IGNORECASE)


def comments_in(module: Module, span: Span) -> list[str]:
    """The comments that start inside ``span``, in order, without those that only address tools."""
    text = module.data[span.start : span.end].decode()
    if "#" not in text:
        return []
    return [comment for comment in _comments(text) if not PRAGMA.match(comment)]


def _comments(text: str) -> list[str]:
    found: list[str] = []
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text.lstrip(" \t")).readline)
        found.extend(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass  # a fragment may end inside brackets or dedent below its first line; what was seen counts
    return found
