"""The page: the rewritten statements, read back with LibCST before anything is offered.

The edits are made on byte spans that ``ast`` gives; LibCST, an independent parser of the concrete syntax, checks
them: the page must parse, print as it was written, and still hold every comment.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.rewrite.comments import PRAGMA

if TYPE_CHECKING:
    import libcst

    from vmapify.diagnostic.details import Mentions

DEEPEST = 16
"""Comprehensions inside each other that the compiler is given."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a page: the subcode of the reason that tells it, and what that mentions."""

    subcode: str
    mentions: Mentions = ()


def page_flaw(before: str, after: str) -> Flaw | None:
    """What is wrong with ``after`` as a replacement for the statements ``before``, None if nothing is."""
    import libcst  # noqa: PLC0415 - 0.3 s that only a file with a rewrite pays

    try:
        old, new = libcst.parse_module(_wrapped(before)), libcst.parse_module(_wrapped(after))
    except libcst.ParserSyntaxError as error:
        return Flaw("page-does-not-parse", (("objection", error.message),))
    objection = _uncompilable(after)
    if objection is not None:
        return Flaw("page-does-not-compile", (("objection", objection),))
    if new.code != _wrapped(after):
        return Flaw("page-prints-otherwise")
    lost = Counter(_comments(old)) - Counter(_comments(new))
    return Flaw("loses-comment", (("comment", next(iter(lost))),)) if lost else None


def _uncompilable(text: str) -> str | None:
    """What the compiler objects to beyond grammar: a parameter named twice, `nonlocal` without a binding."""
    if _comprehensions(ast.parse(_wrapped(text))) > DEEPEST:
        return f"more than {DEEPEST} comprehensions stand inside each other"
    try:
        compile(_wrapped(text), "page", "exec", dont_inherit=True)
    except SyntaxError as error:
        return None if "no binding for nonlocal" in str(error) else error.msg
    return None


def _comprehensions(node: ast.AST) -> int:
    """How many comprehensions stand inside each other: of too many the compiler does not complain, it dies."""
    inside = max(map(_comprehensions, ast.iter_child_nodes(node)), default=0)
    return inside + isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)


def _wrapped(text: str) -> str:
    """Statements under a function header, where ``return`` may stand."""
    lines = text.splitlines(keepends=True)
    return "def page():\n" + "".join(f"    {line}" if line.strip() else line for line in lines) + "\n"


def _comments(module: libcst.Module) -> list[str]:
    import libcst  # noqa: PLC0415

    found: list[str] = []

    class Collect(libcst.CSTVisitor):
        def visit_Comment(self, node: libcst.Comment) -> None:  # noqa: N802
            if not PRAGMA.match(node.value):
                found.append(node.value)

    module.visit(Collect())
    return found
