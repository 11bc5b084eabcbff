"""Source text with some nodes replaced: everything between the nodes stays byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from vmapify.diagnostic import Span
    from vmapify.syntax import Module

Substitution = dict["ast.AST", str]


def render(module: Module, node: ast.expr | ast.stmt, replaced: Mapping[ast.AST, str]) -> str:
    """The text of ``node`` with the nodes in ``replaced`` exchanged."""
    return render_span(module, module.span(node), replaced)


def render_span(module: Module, span: Span, replaced: Mapping[ast.AST, str]) -> str:
    """The text of ``span`` with the nodes in ``replaced`` exchanged; an inner node of a replaced one is ignored."""
    pieces: list[str] = []
    at = span.start
    cuts = [(module.span(node), text) for node, text in replaced.items()]  # type: ignore[arg-type]
    for cut, text in sorted(cuts, key=lambda entry: (entry[0].start, -entry[0].end)):
        if not span.covers(cut) or cut.start < at:
            continue
        pieces += [module.data[at : cut.start].decode(), text]
        at = cut.end
    pieces.append(module.data[at : span.end].decode())
    return "".join(pieces)
