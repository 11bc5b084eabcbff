"""One file's accepted findings turned into its new text, and the tool's distrust of its own work."""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Span
from vmapify.pipeline.analysis import analyse_source
from vmapify.pipeline.diffs import difference
from vmapify.pipeline.merge_edits import merged_edits
from vmapify.rewrite.unused_imports import unused_import_edits
from vmapify.source import Overlap, SourceFile, edited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vmapify.diagnostic import Edit, Finding


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What the file is to hold behind its byte order mark, and the diff that leads there; ``after`` is it as a source.

    ``edits`` are what was replaced, in the bytes of ``source``.
    """

    source: SourceFile
    new: bytes
    diff: str
    after: SourceFile
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Roots:
    """The top directories of the projects that files belong to: of the run's, and of others by path."""

    run: Path
    others: Mapping[str, str] = field(default_factory=dict)

    def of(self, path: str) -> Path:
        """That of the file at ``path``."""
        return Path(self.others[path]) if path in self.others else self.run


def rewrite_file(source: SourceFile, findings: Sequence[Finding], root: Path) -> Rewritten | Problem:
    """Apply the edits of ``findings`` and check the result; a Problem if it is not what it must be.

    It must parse, a second run must leave the written places alone, and every byte outside the edits must be
    as it was. A module is written by LibCST, statement by statement: what that gives must be what the edits say.
    """
    edits = [_with_newlines(edit, source.newline) for edit in merged_edits(findings)]
    edits.sort(key=lambda edit: edit.span)
    new = edited(source, edits)
    if error := _unsound(source, new, edits, root):
        return _internal(source, error)
    assert isinstance(new, SourceFile)
    # the cells of a notebook are run one by one, and its imports serve what is typed next
    kept = edits
    unused = [] if source.cells else unused_import_edits(source.path, source.data, new.data, edits)
    if unused:
        edits = sorted([*edits, *unused], key=lambda edit: edit.span)
        shorter = edited(source, edits)
        if isinstance(shorter, SourceFile) and _unsound(source, shorter, edits, root) is None:
            new, kept = shorter, edits
    from vmapify.rewrite.codemod import agrees  # noqa: PLC0415 - 0.3 s that only a file with a rewrite pays

    if not (source.cells or agrees(source.data, kept, new.data)):
        return _internal(source, "LibCST writes the new statements in another way")
    return Rewritten(source, new.content, difference(source, new), new, tuple(kept))


def _with_newlines(edit: Edit, newline: str) -> Edit:
    """The edit with the file's own line ends."""
    plain = edit.content.replace("\r\n", "\n")
    return dataclasses.replace(edit, content=plain.replace("\n", newline))


def _unsound(source: SourceFile, new: SourceFile | Overlap | Problem, edits: Sequence[Edit], root: Path) -> str | None:
    """What is wrong with the new text; None if nothing is."""
    if isinstance(new, Overlap):
        return "two edits of one file overlap"
    if isinstance(new, Problem):
        return new.message
    if not _untouched_outside(source.data, new.data, edits):
        return "bytes outside the edits changed"
    try:
        ast.parse(new.data)
    except SyntaxError as error:
        return f"the new text does not parse (line {error.lineno}: {error.msg})"
    again = analyse_source(new, root)
    errors = [problem for problem in again.problems if not problem.is_note]
    if errors:
        return f"the new text cannot be analysed ({errors[0].message})"
    written = [span for span in _new_spans(edits) if span.start < span.end]
    for finding in again.findings:
        if finding.verdict == "rewrite" and any(finding.loop.overlaps(span) for span in written):
            line, _ = source.line_column(min(finding.loop.start, len(source.data)))
            return f"a second run would rewrite the new text again (near line {line})"
    return None


def _new_spans(edits: Sequence[Edit]) -> Iterator[Span]:
    """Where the contents of sorted edits stand in the new text."""
    shift = 0
    for edit in edits:
        start, size = edit.span.start + shift, len(edit.content.encode("utf-8"))
        yield Span(start, start + size)
        shift += size - (edit.span.end - edit.span.start)


def _untouched_outside(old: bytes, new: bytes, edits: Sequence[Edit]) -> bool:
    """Whether the gaps between the edits are the same bytes in both texts."""
    old_at = new_at = 0
    for edit, span in zip(edits, _new_spans(edits), strict=True):
        if old[old_at : edit.span.start] != new[new_at : span.start]:
            return False
        old_at, new_at = edit.span.end, span.end
    return old[old_at:] == new[new_at:]


def _internal(source: SourceFile, what: str) -> Problem:
    return Problem(source.path, None, f"internal error: {what}; the file was left as it is, please report it")
