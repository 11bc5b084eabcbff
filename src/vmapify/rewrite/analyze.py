"""Analyse one file: every candidate becomes a finding, rewritten or blocked."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.infer import Kind, Machine, Modules, Project, holds_tracer
from vmapify.legality import Legality, holds_another, judge, judge_if_promising, promising
from vmapify.legality.importers import imported
from vmapify.legality.judge import asked_of, takes_arrays
from vmapify.legality.reason import reason_for
from vmapify.legality.seen_names import MODULE_NAMES, assumptions, changed_names, importable, seen
from vmapify.legality.verdicts import finding_of, left_open, refused, stays, without_jax
from vmapify.patterns import find
from vmapify.rewrite.file_style import style_of
from vmapify.rewrite.grade import proven
from vmapify.rewrite.normalise.nests import edits_between, peeled
from vmapify.rewrite.normalise.own_rows import rows_written_back
from vmapify.rewrite.normalise.windows_and_branches import respelled
from vmapify.rewrite.notebook_cell import in_cell
from vmapify.rewrite.plan import plan
from vmapify.rewrite.region import site_of
from vmapify.rewrite.roundtrip_check import page_flaw
from vmapify.rewrite.spelling import import_edit, spelling
from vmapify.rewrite.undefined import undefined
from vmapify.source import apply_edits, moved, within_cell
from vmapify.source.contents import outline
from vmapify.source.listing import real
from vmapify.syntax import parse, stored_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vmapify.diagnostic import Assumption, Edit, Finding, Span
    from vmapify.diagnostic.facts import Fact
    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.spelling import Spelling
    from vmapify.source import Cell, SourceFile
    from vmapify.syntax import Module

    Facts = Mapping[int, tuple[Fact, ...]]


SHORT = 3  # a sum of fewer terms, or a list that nothing stacks, is shorter and faster written out
NESTING = 3  # loop levels that are rewritten into one another
WORTH_A_LOOK = 0.7  # share of a file from which on looking at the rest first is no gain


@dataclass(frozen=True, slots=True)
class Look:
    """How much of a file is looked at: the loops that share something with the ``part`` of it, or all of them.

    ``step`` is called before each loop; it may raise what ends the analysis, if that is no ``Exception``.
    """

    part: Callable[[Module], Span] | None = None
    step: Callable[[], None] | None = None

    def chosen(self, machine: Machine, models: list[LoopModel]) -> Iterator[LoopModel]:
        """The loops to look at, one after the other."""
        within = self.part(machine.module) if self.part is not None else None
        for model in models:
            if within is not None and not within.overlaps(model.module.span(model.loop)):
                continue
            if self.step is not None:
                self.step()
            yield model


WHOLE = Look()


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding with the model it comes from."""

    model: LoopModel
    finding: Finding


def analyze(
    source: SourceFile,
    project_roots: tuple[Path, ...],
    modules: Modules | None = None,
    *,
    blocked: bool = True,
    facts: Facts | None = None,
    look: Look | None = None,
) -> tuple[Finding, ...]:
    """All candidates of ``source``, in source order; its callees are followed from ``project_roots``, too.

    Without ``blocked`` those that must stay are left out, most of them before they are judged. ``modules`` are those
    that other files of the same run have asked for; which of them the findings rest on is noted there. ``facts`` are what a run
    showed of the values that open loops find, by where these start. ``look`` says which part of the file is wanted.

    Raises:
        SyntaxError: the file is not Python that this interpreter reads.
    """
    project = Project(Path(real(source.path)), project_roots, modules or Modules())
    if not (blocked or facts or source.cells or _may_be_rewritten(source, project.anew())):
        return ()
    every = _analyze(
        source.path, source.data, source.cells, project, NESTING, blocked=blocked, facts=facts, look=look or WHOLE
    )
    kept = [
        one for one in every if not any(_holds(outer.finding, one) or _is_part(outer.finding, one) for outer in every)
    ]
    if not blocked:
        kept = [one for one in kept if one.finding.verdict != "blocked"]
    if not source.cells:
        return tuple(proven(one.finding, one.model.module, project) for one in kept)
    graded = [(proven(one.finding, one.model.module, project), one.model.module) for one in kept]
    return tuple(in_cell(finding, module, source) for finding, module in graded)


def _may_be_rewritten(source: SourceFile, project: Project) -> bool:
    """Whether the part of the file that may hold candidates has a promising one."""
    data = outline(source.data)
    if data is None or len(data) > WORTH_A_LOOK * len(source.data):
        return True
    try:
        return bool(data) and bool(promising(find(Machine(parse(source.path, data), project), running=False)))
    except SyntaxError:
        return True


def _holds(outer: Finding, one: _Found) -> bool:
    """Whether the rewrite ``outer`` already contains the rewrite ``one``."""
    inner, data = one.finding, one.model.module.data
    if outer is inner or outer.loop == inner.loop or not outer.verdict == inner.verdict == "rewrite":
        return False
    if outer.loop.covers(inner.loop):
        return True
    # a line that is laid out anew still has what else stands in it
    text = _squeezed(data[inner.loop.start : inner.loop.end].decode())
    return any(edit.span.covers(inner.loop) and text not in _squeezed(edit.content) for edit in outer.edits)


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace(",)", ")").replace(",]", "]")


def _is_part(outer: Finding, inner: _Found) -> bool:
    """Whether ``inner`` only tells that a level of the loop ``outer`` carries something on."""
    return bool(inner.model.carries) and outer.loop.covers(inner.finding.loop) and outer.loop != inner.finding.loop


def _analyze(
    path: str,
    data: bytes,
    cells: tuple[Cell, ...],
    project: Project,
    depth: int,
    start: int | None = None,
    *,
    blocked: bool = False,
    facts: Facts | None = None,
    look: Look = WHOLE,
) -> list[_Found]:
    """The candidates of ``data``; with ``start``, only the loop that starts there and those inside it."""
    machine = Machine(parse(path, data, cells), project)
    machine.facts = facts or {}
    models = _models(machine, start, blocked=blocked)
    found = []
    for model in look.chosen(machine, models):
        alone = not blocked and not holds_another(model, models)
        legality = judge_if_promising(machine, model) if alone else judge(machine, model)
        finding = _finding(machine, model, legality, project, depth) if legality is not None else None
        found += [_Found(model, finding)] if finding is not None else []
    return [_with_inner(one, found, project, depth) for one in found] if depth else found


def _models(machine: Machine, start: int | None, *, blocked: bool) -> list[LoopModel]:
    models = find(machine) if blocked else promising(find(machine, running=False))
    if start is None:
        return models
    spans = [machine.module.span(model.loop) for model in models]
    wanted = [span for span in spans if span.start == start]
    return [m for m, span in zip(models, spans, strict=True) if any(outer.covers(span) for outer in wanted)]


def _finding(machine: Machine, model: LoopModel, legality: Legality, project: Project, depth: int) -> Finding | None:
    if model.rule == "VM104" and not _is_reduction(model, legality):
        return None
    if model.rule == "VM108" and _is_short(legality):
        return None
    if not _concerns_jax(model, legality):
        return None  # NumPy from end to end, in a file that imports JAX for something else
    if model.carries and not _is_carry(legality):
        return None
    words = spelling(machine, _local_names(model), model.anchor)
    if legality.blockers or legality.questions:
        found = _otherwise(machine, model, legality, words, project, depth) if depth else None
        return found or (stays(model, legality.blockers) if legality.blockers else left_open(model, legality))
    if words is None:
        return without_jax(machine, model)
    if len(model.spaces) != 1:
        data = peeled(model, words) if depth else None
        start = model.module.span(model.loop).start
        found = _carried_back(model, data, start, project, depth) if data is not None else None
        return found or refused(model, "several-levels")
    written = plan(machine, model, legality, words, style_of(model.module))
    if written is None:
        return refused(model, "no-counterpart")
    extra = (import_edit(model.module, words.missing, model.anchor),) if words.missing is not None else ()
    edits = _within_cells(model.module, written.edits)
    finding = replace(
        finding_of(model, "rewrite"),
        applicability=legality.applicability,
        assumptions=legality.assumptions,
        changes=legality.changes,
        replacement=written.replacement,
        edits=tuple(sorted((*edits, *extra), key=lambda edit: edit.span)),
    )
    return _with_site(model, finding, edits, written.lanes, words.missing, project)


def _within_cells(module: Module, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    return tuple(within_cell(module.cells, module.data, edit) for edit in edits)


def _otherwise(
    machine: Machine, model: LoopModel, legality: Legality, words: Spelling | None, project: Project, depth: int
) -> Finding | None:
    """The rewrite of the same loop in another spelling, in which nothing stands in its way."""
    start = model.module.span(model.loop).start
    data = rows_written_back(machine, model, legality.frame)
    if data is not None:
        return _carried_back(model, data, start, project, depth)
    other = respelled(machine, model, legality, words) if words is not None else None
    found = _carried_back(model, other.data, other.start, project, depth) if other is not None else None
    if found is None or other is None:
        return None
    applicability = "unverified" if found.applicability == "safe" else found.applicability
    return replace(found, assumptions=(*found.assumptions, *other.assumptions), applicability=applicability)


def _is_reduction(model: LoopModel, legality: Legality) -> bool:
    """Whether arrays are taken up: Python numbers, two or three terms, and plain repetition are no candidates."""
    pairs = zip(model.results, legality.values, strict=True)
    return not _is_short(legality) and legality.carries_arrays and all(_takes_arrays(*pair, legality) for pair in pairs)


def _is_short(legality: Legality) -> bool:
    """Whether two iterations at most, or none, are as quickly written out."""
    trip = legality.mapping.trip
    return trip is not None and trip.value is not None and trip.value < SHORT


def _concerns_jax(model: LoopModel, legality: Legality) -> bool:
    """Whether JAX computes the rows, or at least what a loop that must stay fills is an array of JAX."""
    if legality.uses_jax or any(s.library in {"jax", "other"} for r in model.results for s in r.sinks):
        return True
    arrays = any(start is not None and start.kind is Kind.ARRAY for start in legality.starts)
    if legality.questions and _may_be_jax(legality):
        return True
    return bool(legality.blockers or legality.questions) and (arrays or legality.returned)


def _may_be_jax(legality: Legality) -> bool:
    """Whether numbers go into a function that may be one of JAX."""
    rows = [argument.value for argument in legality.mapping.arguments]
    numbers = bool(rows) and all(one.kind is Kind.ARRAY and one.assumed is None for one in rows)
    return numbers and any(asked.code == "traceable-callee" for asked in legality.questions)


def _is_carry(legality: Legality) -> bool:
    """Whether rows of what certainly is an array meet a value that the loop carries on."""
    rows = [one for one in legality.mapping.arguments if not one.index]
    codes = _codes_against(legality)
    return bool(rows) and "not-arrays" not in codes and bool(codes & {"loop-carried-dependency", "early-exit"})


def _takes_arrays(result: Result, value: Value, legality: Legality) -> bool:
    reduction = result.sinks[0].reduction
    if reduction is not None and reduction.tree:
        return holds_tracer(value)
    return takes_arrays(value, uses_jax=legality.uses_jax or legality.returned)


def _with_site(
    model: LoopModel,
    finding: Finding,
    edits: tuple[Edit, ...],
    lanes: tuple[tuple[str, int], ...],
    missing: str | None,
    project: Project,
) -> Finding:
    """``finding`` with its region, if the rewritten page is sound."""
    if not isinstance(apply_edits(model.module.data, edits), bytes):
        return refused(model, "one-line")
    try:
        site = site_of(model, edits, lanes, missing, prints=bool(finding.changes))
        lost = undefined(model.module, model.anchor, edits, missing)
    except SyntaxError:  # of the text made here, not of the user's file
        return refused(model, "no-room")
    if lost is not None:
        return refused(model, "loses-name", (("name", lost),))
    if site is not None and any(one.code == "array-like" for one in finding.assumptions):
        site = replace(site, asked=asked_of(model))
    flaw = page_flaw(site.before, site.after) if site is not None else None
    if flaw is not None:
        return refused(model, flaw.subcode, flaw.mentions)
    return _within_module(model, replace(finding, site=site), edits, project)


def _within_module(model: LoopModel, finding: Finding, edits: tuple[Edit, ...], project: Project) -> Finding:
    """``finding``, blocked if somebody sees a name of the module that is not what it was, and assuming that nobody else does."""
    after = apply_edits(model.module.data, edits) if model.module.function_of(model.anchor) is None else None
    if not isinstance(after, bytes):
        return finding
    changed = changed_names(model, ast.parse(after).body)
    obstacle = seen(model, changed)
    if obstacle is not None:
        return stays(model, (reason_for(model, obstacle),))
    names = importable(model, changed)
    if (reason := imported(model, project, names, changed)) is not None:
        return stays(model, (reason,))
    # what was assumed of a part of the rewrite, or of the loop in another spelling, is assumed of all of it here
    others = [one for one in finding.assumptions if one.code != MODULE_NAMES]
    return _assuming(replace(finding, assumptions=tuple(others)), assumptions(names))


def _assuming(finding: Finding, more: Iterable[Assumption]) -> Finding:
    """``finding`` with further assumptions, which are not proven."""
    every = tuple(dict.fromkeys((*finding.assumptions, *more)))
    unproven = finding.applicability == "safe" and len(every) > len(finding.assumptions)
    return replace(finding, assumptions=every, applicability="unverified" if unproven else finding.applicability)


def _with_inner(outer: _Found, found: list[_Found], project: Project, depth: int) -> _Found:
    """``outer`` again, judged and written with the loops inside it already rewritten."""
    whole = outer.model.module.span(outer.model.anchor if isinstance(outer.model.loop, ast.For) else outer.model.loop)
    inner = [
        one.finding
        for one in found
        if one is not outer
        and one.finding.verdict == "rewrite"
        and whole.covers(one.finding.loop)
        and one.finding.loop != whole
    ]
    if not inner or outer.finding.applicability == "unsafe":
        return outer
    data = apply_edits(outer.model.module.data, inner[0].edits)
    if not isinstance(data, bytes):
        return outer
    start = outer.model.module.span(outer.model.loop).start
    moved = sum(len(e.content.encode()) - (e.span.end - e.span.start) for e in inner[0].edits if e.span.end <= start)
    combined = _carried_back(outer.model, data, start + moved, project, depth)
    return _Found(outer.model, _also_assuming(combined, inner[0])) if combined is not None else outer


def _also_assuming(finding: Finding, inner: Finding) -> Finding:
    """``finding`` with what the rewrite inside it rests on: together they are as sure as the less sure one."""
    if finding.verdict != "rewrite":
        return finding
    inside = (one for one in inner.assumptions if one.code != MODULE_NAMES)  # that has been asked of both together
    every = tuple(dict.fromkeys((*finding.assumptions, *inside)))
    weaker = "unverified" if finding.applicability == "safe" else finding.applicability
    graded = finding.applicability if inner.applicability == "safe" else weaker
    return replace(finding, assumptions=every, applicability=graded)


def _carried_back(model: LoopModel, data: bytes, start: int, project: Project, depth: int) -> Finding | None:
    """The rewrite of the loop that starts at ``start`` in the changed text ``data``, as edits of ``model``'s file."""
    try:
        cells = moved(model.module.cells, edits_between(model.module.data, data)) if model.module.cells else ()
        every = _analyze(model.module.path, data, cells, project, depth - 1, start)
    except SyntaxError:  # of the text made here, not of the user's file
        return None
    for found in every:
        if found.finding.loop.start != start or type(found.model.loop) is not type(model.loop):
            continue
        if found.finding.verdict != "rewrite":
            return None
        after = apply_edits(data, found.finding.edits)
        if not isinstance(after, bytes):
            return None
        edits = _within_cells(model.module, edits_between(model.module.data, after))
        own = finding_of(model, "rewrite")
        finding = replace(found.finding, code=own.code, name=own.name, loop=own.loop, sink=own.sink, edits=edits)
        near = tuple(edit for edit in edits if not _is_import(edit))
        lanes = (
            tuple((lane.name, lane.axis) for lane in found.finding.site.lanes if lane.axis is not None)
            if found.finding.site
            else ()
        )
        missing = next((edit.content.strip() for edit in edits if _is_import(edit)), None)
        return _with_site(model, finding, near, lanes, missing, project)
    return None


def _is_import(edit: Edit) -> bool:
    return edit.span.start == edit.span.end and edit.content.startswith("import ")


def _codes_against(legality: Legality) -> set[str]:
    """The codes of what speaks against the rewrite, or may do so."""
    return {one.code for one in (*legality.blockers, *(asked.reason for asked in legality.questions))}


def _local_names(model: LoopModel) -> set[str]:
    """Names bound in the functions around the loop, which hide module-level imports."""
    found: set[str] = set()
    for outer in model.module.ancestors(model.anchor):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= stored_names(outer.body) | {argument.arg for argument in outer.args.args}
    return found
