"""Analyse one file: every candidate becomes a finding, rewritten or blocked."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Finding, Reason, Span
from vmapify.infer import Frame, Machine, Project
from vmapify.legality import Legality, judge
from vmapify.patterns import find
from vmapify.rewrite.layout import line_length
from vmapify.rewrite.page import page_problem
from vmapify.rewrite.plan import Plan, plan
from vmapify.rewrite.region import site_of
from vmapify.rewrite.spelling import import_edit, spelling
from vmapify.rule import RULES
from vmapify.syntax import parse, stored_names

if TYPE_CHECKING:
    from vmapify.loop import LoopModel
    from vmapify.source import SourceFile


MOST_FOLLOWED = 500  # parsed modules kept while a tree is analysed, about 100 kB each
_FOLLOWED: dict[Path, Frame | None] = {}


def analyze(source: SourceFile, project_roots: tuple[Path, ...]) -> tuple[Finding, ...]:
    """All candidates of ``source``, in source order; its callees are followed from ``project_roots``, too.

    Raises:
        SyntaxError: the file is not Python that this interpreter reads.
    """
    module = parse(source.path, source.data)
    if len(_FOLLOWED) > MOST_FOLLOWED:
        _FOLLOWED.clear()
    machine = Machine(module, Project(Path(source.path).resolve(), project_roots, _FOLLOWED))
    return tuple(finding for model in find(machine) if (finding := _finding(machine, model)) is not None)


def _finding(machine: Machine, model: LoopModel) -> Finding | None:
    legality = judge(machine, model)
    if legality.blockers:
        return _blocked(model, legality.blockers)
    words = spelling(machine, _local_names(model))
    if words is None:
        return _unsupported(model, "a local name hides `jax`, so `jax.vmap` cannot be written here")
    if len(model.spaces) != 1:
        return _unsupported(model, "several loop levels")
    written = plan(machine, model, legality, words, line_length(Path(model.module.path).resolve().parent))
    if written is None:
        return _unsupported(model, "this way of collecting has no exact counterpart in `vmap`")
    site = site_of(model, legality, written, words.missing)
    if site is not None:
        problem = page_problem(site.before, site.after)
        if problem is not None:
            return _unsupported(model, problem)
    extra = (import_edit(model.module, words.missing),) if words.missing is not None else ()
    return Finding(
        **_place(model),  # type: ignore[arg-type]
        verdict="rewrite",
        applicability=legality.applicability,
        assumptions=legality.assumptions,
        changes=legality.changes,
        replacement=written.replacement,
        edits=tuple(sorted((*written.edits, *extra), key=lambda edit: edit.span)),
        site=site,
    )


def _place(model: LoopModel) -> dict[str, object]:
    module = model.module
    sinks = [sink.node for result in model.results for sink in result.sinks if sink.node is not None]
    loop = module.span(model.loop)
    first = module.span(sinks[0]) if sinks else None
    return {
        "code": model.rule,
        "name": RULES[model.rule].name,
        "path": module.path,
        "function": module.qualified_name(model.anchor),
        "loop": loop,
        "sink": first if first is not None and first != loop else None,
    }


def _blocked(model: LoopModel, reasons: tuple[Reason, ...]) -> Finding:
    return Finding(**_place(model), verdict="blocked", reasons=reasons)  # type: ignore[arg-type]


def _unsupported(model: LoopModel, message: str) -> Finding:
    advice = "write the `vmap` by hand, then let `vmapify verify BEFORE AFTER` judge it"
    reason = Reason("unsupported-shape", message, model.module.path, model.loop.lineno, advice)
    return _blocked(model, (reason,))


def _local_names(model: LoopModel) -> set[str]:
    """Names bound in the functions around the loop, which hide module-level imports."""
    found: set[str] = set()
    for outer in model.module.ancestors(model.anchor):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= stored_names(outer.body) | {argument.arg for argument in outer.args.args}
    return found


def span_of(model: LoopModel) -> Span:
    """The span of the loop."""
    return model.module.span(model.loop)
