"""What an editor offers for a finding: its rewrite, all safe rewrites of a text, and running both versions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from vmapify.diagnostic import Problem
from vmapify.pipeline.merge_edits import compatible
from vmapify.pipeline.rewriting import rewrite_file
from vmapify.server.shown import diagnostic, head
from vmapify.server.text_edits import line_edits
from vmapify.source import SourceFile, edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Edit, Finding
    from vmapify.server.analyst import Analysis

FIX_ALL = "source.fixAll.vmapify"
RUNS = "vmapify.run"
"""The kind of actions that run the user's code: never among those that an editor does by itself."""
VERIFY, BENCH = "vmapify.verify", "vmapify.bench"
KINDS = (types.CodeActionKind.QuickFix, FIX_ALL, RUNS)

_MARK = "\ufeff"


@dataclasses.dataclass(frozen=True, slots=True)
class Editor:
    """What was agreed on with the editor: units of columns, and whether edits may name the version they are for."""

    encoding: str
    versions: bool


def is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether the editor asks for actions of this kind: for all, for it, or for what it is a part of."""
    return only is None or any(not one or kind == one or kind.startswith(f"{one}.") for one in only)


def fix_one(finding: Finding, analysis: Analysis, editor: Editor) -> types.CodeAction | None:
    """The rewrite of one loop, or what takes a comment away."""
    source = analysis.source
    if source is None or not finding.edits:
        return None
    new = edited(source, [_with_line_ends(one, source.newline) for one in finding.edits])
    if not isinstance(new, SourceFile):
        return None
    title = "Remove the comment" if finding.verdict == "comment" else "Rewrite as jax.vmap"
    return types.CodeAction(
        title=f"{title} ({finding.code}, {finding.applicability})",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, analysis, editor.encoding)],
        is_preferred=finding.applicability == "safe",
        edit=_workspace_edit(analysis, source, new, editor),
    )


def is_safe(finding: Finding) -> bool:
    """Whether it may be written without anything being run."""
    return finding.applicability == "safe" and bool(finding.edits)


def fix_all(analysis: Analysis, editor: Editor) -> types.CodeAction | None:
    """All that is safe in one text, checked as `fix` checks what it writes; None if there is nothing."""
    source = analysis.source
    ready = compatible([one for one in analysis.findings if is_safe(one)])[0]
    if source is None or not ready:
        return None
    done = rewrite_file(source, ready, Path(analysis.settings.root))
    if isinstance(done, Problem):
        return None
    return types.CodeAction(
        title=f"vmapify: write what is safe ({len(ready)})",
        kind=FIX_ALL,
        edit=_workspace_edit(analysis, source, done.after, editor),
    )


def runs(finding: Finding, analysis: Analysis) -> list[types.CodeAction]:
    """The commands that run both versions of a loop."""
    if finding.verdict != "rewrite" or finding.site is None:
        return []
    arguments = [analysis.snapshot.uri, finding.loop.start]
    titles = {VERIFY: "Verify this rewrite (runs the code)", BENCH: "Time loop and rewrite (runs the code)"}
    return [
        types.CodeAction(
            title=title, kind=RUNS, command=types.Command(title=title, command=command, arguments=arguments)
        )
        for command, title in titles.items()
    ]


def within(finding: Finding, analysis: Analysis, uri: str, place: types.Range, encoding: str) -> bool:
    """Whether the finding stands in a text, on the lines that the editor asks about."""
    if analysis.source is None or analysis.snapshot.uri_of(finding.cell) != uri:
        return False
    own = head(finding, analysis.source, encoding)
    return bool(own.start.line <= place.end.line and place.start.line <= own.end.line)


def _with_line_ends(edit: Edit, newline: str) -> Edit:
    return dataclasses.replace(edit, content=edit.content.replace("\r\n", "\n").replace("\n", newline))


def _workspace_edit(analysis: Analysis, old: SourceFile, new: SourceFile, editor: Editor) -> types.WorkspaceEdit:
    snapshot = analysis.snapshot
    edits = {uri: found for uri, found in _edits(analysis, old, new, editor.encoding) if found}
    if not editor.versions or snapshot.cells is not None:
        return types.WorkspaceEdit(changes=edits)
    document = types.OptionalVersionedTextDocumentIdentifier(uri=snapshot.uri, version=snapshot.version)
    changes = [types.TextDocumentEdit(text_document=document, edits=found) for found in edits.values()]
    return types.WorkspaceEdit(document_changes=changes)


def _edits(
    analysis: Analysis, old: SourceFile, new: SourceFile, encoding: str
) -> Sequence[tuple[str, list[types.TextEdit]]]:
    """The edits of each text: of the file, or of every cell."""
    if old.notebook is None:
        mark = _MARK if old.bom else ""
        both = mark + old.data.decode("utf-8"), mark + new.data.decode("utf-8")
        return [(analysis.snapshot.uri, _text_edits(*both, encoding))]
    texts = zip(_cell_texts(old), _cell_texts(new), strict=True)
    return [
        (analysis.snapshot.uri_of(number), _text_edits(before, after, encoding))
        for (number, before), (_, after) in texts
    ]


def _cell_texts(source: SourceFile) -> list[tuple[int, str]]:
    spans = [(one.number, one.span) for one in source.cells]
    return [(number, source.shown[span.start : span.end].decode("utf-8")) for number, span in spans]


def _text_edits(old: str, new: str, encoding: str) -> list[types.TextEdit]:
    return [
        types.TextEdit(range=types.Range(start=_position(one.start), end=_position(one.end)), new_text=one.text)
        for one in line_edits(old, new, encoding)
    ]


def _position(at: tuple[int, int]) -> types.Position:
    return types.Position(line=at[0], character=at[1])
