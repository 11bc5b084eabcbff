"""The names that get the batched results, and what becomes of the calls that stacked the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit
from vmapify.rewrite.behind import behind, pairs_of
from vmapify.rewrite.collect import Collected
from vmapify.rewrite.leftovers import delete_statement

if TYPE_CHECKING:
    import ast

    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.collect import Way
    from vmapify.syntax import Module


def targets(model: LoopModel, ways: list[Way]) -> tuple[list[str], list[Edit]]:
    """A name for every result, and the edits that make the stack calls use it."""
    module = model.module
    pairs = list(zip(model.results, ways, strict=True))
    plain = [r.sinks[0].node for r, way in pairs if way.is_plain and len(r.sinks) == 1 and r.sinks[0].node is not None]
    found = behind(model, plain)
    gone = [*found.statements, *(s for r in model.results for s in r.apart if s is not model.anchor)]
    edits = [delete_statement(module, statement) for statement in dict.fromkeys(gone)]
    names: list[str] = []
    for result, way in pairs:
        node = result.sinks[0].node if result.sinks else None
        name = found.names.get(node) if node is not None else None
        if name is None and isinstance(way, Collected):
            edits += [one for one in sink_edits(result, way, module) if one not in edits]
        names.append(name or result.name or "")
    return names, edits


def sink_edits(result: Result, way: Way, module: Module) -> list[Edit]:
    """``jnp.stack(rows)`` becomes ``rows``; ``rows = jnp.stack(rows)`` goes; what takes a batched array stays."""
    name = result.name or ""
    if getattr(way, "keeps_sink", False):
        return []
    texts = dict(getattr(way, "texts", ()))
    edits: list[Edit] = []
    for sink in result.sinks:
        assert sink.node is not None
        text = texts.get(sink.node, way.text).format(name)
        statement = module.statement_of(sink.node)
        without = _without(module, statement, sink.node, text)
        edits.append(without if without is not None else Edit(module.span(sink.node), text))
    return edits


def _without(module: Module, statement: ast.stmt, node: ast.expr, text: str) -> Edit | None:
    """The edit that takes ``rows = rows`` out of a statement that ``node`` is a value of."""
    pairs = pairs_of(statement)
    if not any(value is node and name == text for name, value in pairs):
        return None
    left = [(name, value) for name, value in pairs if value is not node]
    if not left:
        return delete_statement(module, statement)
    names, values = ", ".join(name for name, _ in left), ", ".join(module.text(value) for _, value in left)
    return Edit(module.span(statement), f"{names} = {values}")
