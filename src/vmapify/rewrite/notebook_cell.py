"""What a notebook adds: a rewrite stays in its cell, leaves magics alone and changes nothing that a cell shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Reason, Span
from vmapify.legality.verdicts import withdrawn
from vmapify.source import apply_edits, cell_at, moved
from vmapify.syntax import parse

if TYPE_CHECKING:
    from vmapify.diagnostic import Edit, Finding
    from vmapify.source import Cell, SourceFile
    from vmapify.source.magics import Magic
    from vmapify.syntax import Module


def in_cell(finding: Finding, module: Module, source: SourceFile) -> Finding:
    """``finding`` in a reader's terms, places counted within cells; blocked where a notebook leaves no room for it."""
    cell = cell_at(source.cells, finding.loop.start)
    assert cell is not None
    if finding.sink is not None and not cell.span.covers(finding.sink):
        finding = replace(finding, sink=None)
    reason = _objection(finding, cell, module, source) or _magic_asked(finding, source)
    if reason is not None:
        finding = withdrawn(finding, reason)
    site = finding.site
    if site is not None:
        first = source.place_of_line(site.line)
        site = replace(site, cell=first.cell, line=first.line)
    reasons = tuple(_placed(one, source) for one in finding.reasons)
    questions = tuple(replace(one, reason=_placed(one.reason, source)) for one in finding.questions)
    return replace(finding, cell=cell.number, site=site, reasons=reasons, questions=questions)


def _magic_asked(finding: Finding, source: SourceFile) -> Reason | None:
    """The first question that a magic raises: no run of the cell alone answers it."""
    asked = (one.reason for one in finding.questions)
    return next((one for one in asked if _placed(one, source).code == "side-effect" != one.code), None)


def _placed(reason: Reason, source: SourceFile) -> Reason:
    """``reason`` with its place within the cell; one about a stand-in speaks of the magic it stands for."""
    if reason.path != source.path:
        return reason
    place = source.place_of_line(reason.line)
    magics = [one for cell in source.cells if cell.number == place.cell for one in cell.magics]
    magic = next((one for one in magics if source.place(one.span.start).line == place.line), None)
    if magic is not None and reason.code == "opaque-callee":
        reason = _unknown_effect(magic, source, reason.line)
    elif magic is not None and reason.code == "results-used-elsewhere":
        told = (("magic", _text(magic, source)),)
        reason = replace(reason, subcode="read-by-magic", details=told, cure="")
    return replace(reason, line=place.line, cell=place.cell)


def _unknown_effect(magic: Magic, source: SourceFile, line: int) -> Reason:
    return Reason.of("side-effect", "magic", source.path, line, magic=_text(magic, source))


def _text(magic: Magic, source: SourceFile) -> str:
    return source.shown[magic.span.start : magic.span.end].decode("utf-8").split("\n", 1)[0].strip()[:60]


def _objection(finding: Finding, cell: Cell, module: Module, source: SourceFile) -> Reason | None:
    """Why the notebook does not allow the rewrite."""
    region = _region(finding, cell)
    magics = [one for one in cell.magics if one.span.overlaps(region)]
    magic = min(magics, key=lambda one: one.effect == "timed", default=None)
    line = module.line_of(magic.span.start if magic is not None else finding.loop.start)
    if cell.timed:
        return Reason.of("benchmark-baseline", "timed-cell", source.path, module.line_of(finding.loop.start))
    if magic is not None and magic.effect == "timed":
        return Reason.of("benchmark-baseline", "timed-statement", source.path, line)
    if magic is not None:
        return _unknown_effect(magic, source, line)
    if finding.verdict != "rewrite":
        return None
    if not module.block_in(cell):
        return Reason.of("unsupported-shape", "indented-cell", source.path, line)
    if any(not cell.span.covers(edit.span) for edit in finding.edits if not _is_import(edit)):
        return Reason.of("unsupported-shape", "other-cell", source.path, line)
    if _shows_otherwise(finding.edits, module, source):
        return Reason.of("unsupported-shape", "other-output", source.path, line)
    return None


def _region(finding: Finding, cell: Cell) -> Span:
    """From the first to the last byte of the cell that the loop, its sink or its rewrite touch."""
    spans = [
        finding.loop,
        *([finding.sink] if finding.sink else []),
        *(e.span for e in finding.edits if not _is_import(e)),
    ]
    spans = [span for span in spans if cell.span.covers(span)]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _is_import(edit: Edit) -> bool:
    return edit.span.start == edit.span.end and edit.content.lstrip().startswith("import ")


def _shows_otherwise(edits: tuple[Edit, ...], module: Module, source: SourceFile) -> bool:
    """Whether a cell that the edits touch ends with a value it shows where it did not before, or the other way round."""
    new = apply_edits(source.data, edits)
    if not isinstance(new, bytes):
        return True
    try:
        after = parse(source.path, new, moved(source.cells, edits))
    except SyntaxError:  # of the text made here, not of the user's file
        return True
    pairs = zip(source.cells, after.cells, strict=True)
    return any((module.shown(old) is None) != (after.shown(cell) is None) for old, cell in pairs)
