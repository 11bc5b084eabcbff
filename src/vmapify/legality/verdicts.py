"""The verdicts on loops that must stay or that only a run can judge: the one place where a finding becomes blocked."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from vmapify.diagnostic import Finding, Reason, Site
from vmapify.legality.judge import asked_of
from vmapify.legality.reason import reason_for
from vmapify.legality.reason_order import in_order
from vmapify.loop import Obstacle
from vmapify.rule import RULES

if TYPE_CHECKING:
    from vmapify.diagnostic.details import Mentions
    from vmapify.infer import Machine
    from vmapify.legality.judge import Legality
    from vmapify.loop import LoopModel


def finding_of(model: LoopModel, verdict: Literal["rewrite", "open", "blocked"]) -> Finding:
    """The loop ``model`` with a verdict on it, and nothing else yet."""
    module = model.module
    sinks = [sink.node for result in model.results for sink in result.sinks if sink.node is not None]
    loop = module.span(model.loop)
    first = module.span(sinks[0]) if sinks else None
    function, sink = module.qualified_name(model.anchor), first if first != loop else None
    return Finding(model.rule, RULES[model.rule].name, module.path, function, loop, sink, verdict)


def stays(model: LoopModel, reasons: tuple[Reason, ...]) -> Finding:
    """The loop that must stay, with its reasons in the order in which they are told."""
    return replace(finding_of(model, "blocked"), reasons=in_order(reasons, model.module.path))


def withdrawn(finding: Finding, reason: Reason) -> Finding:
    """The loop of ``finding``, which must stay after all; of what else was said of it, who reads its results still holds."""
    others = tuple(one for one in finding.reasons if one.code == "results-used-elsewhere" != reason.code)
    place = finding.code, finding.name, finding.path, finding.function, finding.loop, finding.sink
    return Finding(*place, "blocked", cell=finding.cell, reasons=(reason, *others), suppressed=finding.suppressed)


def left_open(model: LoopModel, legality: Legality) -> Finding:
    """The loop with what only a run can tell of it, in the order in which reasons are told."""
    asked = {one.reason: one for one in legality.questions}
    told = in_order(asked, model.module.path)
    questions = tuple(asked[one] for one in told)
    return replace(finding_of(model, "open"), questions=questions, site=_observed(model))


def _observed(model: LoopModel) -> Site:
    """Where a run is to tell what the loop finds."""
    module, owner = model.module, model.module.class_of(model.anchor)
    line, column = module.line_of(module.span(model.anchor).start), model.anchor.col_offset
    name = owner.name if owner is not None else None
    return Site(
        module.path, line, column, module.qualified_name(model.anchor), "", "", class_name=name, asked=asked_of(model)
    )


def refused(model: LoopModel, subcode: str, mentions: Mentions = ()) -> Finding:
    """The loop that must stay because of how it, or what it would become, is written."""
    obstacle = Obstacle("unsupported-shape", subcode, model.loop, mentions, cure="by-hand")
    return stays(model, (reason_for(model, obstacle),))


def without_jax(machine: Machine, model: LoopModel) -> Finding:
    """``jax`` is a name of the function around the loop, or of the file, but not certainly the package there."""
    around = [
        node
        for node in model.module.ancestors(model.anchor)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    scopes = [*(machine.scope(node) for node in around), machine.root.scope]
    nodes = next((scope.bindings["jax"] for scope in scopes if "jax" in scope.bindings), [])
    line = getattr(nodes[0], "lineno", model.loop.lineno) if nodes else model.loop.lineno
    if nodes and all(isinstance(node, ast.alias) for node in nodes):
        return stays(model, (Reason.of("unsupported-shape", "jax-imported-here", model.module.path, line),))
    return stays(model, (Reason.of("unsupported-shape", "jax-is-another", model.module.path, line),))
