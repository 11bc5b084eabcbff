"""What a sentence of the tool mentions: names, numbers and code, each under the name that the sentence has for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Detail = str | int
Details = tuple[tuple[str, Detail], ...]
"""As it is told, stored and sent."""
Mention = Detail | ast.AST
Mentions = tuple[tuple[str, Mention], ...]
"""As it is found: code is a node, for others to look at, and becomes text where somebody is told."""


def in_text(mentions: Mapping[str, Mention] | Mentions) -> Details:
    """The same with code as its text."""
    items = mentions if isinstance(mentions, tuple) else mentions.items()
    return tuple((name, ast.unparse(one) if isinstance(one, ast.AST) else one) for name, one in items)


def mention(mentions: Mentions | Details, name: str) -> Mention | None:
    """What is mentioned under ``name``; None if nothing is."""
    return next((one for key, one in mentions if key == name), None)
