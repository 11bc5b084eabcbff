"""Rewrites written by LibCST: a transformer that replaces statements of a module and leaves every other node as it is.

A finding brings edits, since a report has to say them without LibCST. Here they become statements: the run of statements of a
block that an edit touches is parsed anew, with the comments and blank lines around it, and takes the place of the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import libcst
from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider

from vmapify.diagnostic import Span
from vmapify.source import apply_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Edit

NEWLINE = re.compile(rb"\r\n?|\n")
Block = TypeVar("Block", libcst.Module, libcst.IndentedBlock)


def written(tree: libcst.Module, edits: Sequence[Edit]) -> libcst.Module:
    """``tree`` with the statements that ``edits`` touch rewritten.

    Args:
        tree: the module; what the edits do not touch is in the result as the same nodes.
        edits: replacements of bytes of ``tree.code`` in UTF-8, which do not overlap.

    Raises:
        libcst.ParserSyntaxError: the new text does not parse.
        ValueError: the edits contradict each other.
    """
    expected = _applied(tree.code.encode(), edits)
    transformer = _Statements(tree, edits)
    new = MetadataWrapper(tree, unsafe_skip_copy=True).visit(transformer)
    if transformer.left or new.code != expected:  # what is inserted between two blocks may be of either
        return libcst.parse_module(expected, tree.config_for_parsing)
    return new


def _applied(data: bytes, edits: Sequence[Edit]) -> str:
    new = apply_edits(data, edits)
    if isinstance(new, bytes):
        return new.decode()
    raise ValueError("two edits contradict each other")


def agrees(data: bytes, edits: Sequence[Edit], new: bytes) -> bool:
    """Whether LibCST, too, writes ``new`` for ``data`` with ``edits``; what it cannot read is not held against them."""
    try:
        tree = libcst.parse_module(data.decode())
    except libcst.ParserSyntaxError:  # newer than its grammar
        return True
    try:
        return written(tree, edits).code.encode() == new
    except (libcst.ParserSyntaxError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class _Run:
    """New statements for those from ``first`` to ``last``; ``behind`` are lines without a statement at their end."""

    first: int
    last: int
    header: Sequence[libcst.EmptyLine]
    statements: Sequence[libcst.BaseStatement]
    behind: Sequence[libcst.EmptyLine]


class _Statements(libcst.CSTTransformer):
    """Replaces, in every block, the statements that edits touch; the innermost block takes an edit in which it can be read."""

    METADATA_DEPENDENCIES = (WhitespaceInclusivePositionProvider,)

    def __init__(self, tree: libcst.Module, edits: Sequence[Edit]) -> None:
        super().__init__()
        self.left = list(edits)
        self._tree = tree
        self._edits = edits
        self._data = tree.code.encode()
        self._starts = [0, *(match.end() for match in NEWLINE.finditer(self._data)), len(self._data)]

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Only what may hold statements to replace is looked into: the rest stays the same nodes."""
        if isinstance(node, libcst.BaseExpression | libcst.SimpleStatementLine):
            return False
        if not isinstance(node, libcst.BaseCompoundStatement):
            return True
        whole = self._extent(node)
        return any(whole.start <= edit.span.start <= whole.end for edit in self.left)

    def _extent(self, node: libcst.CSTNode) -> Span:
        """The lines of ``node``, with those that lead to it."""
        place = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        last = place.end.line - 1 if not place.end.column else place.end.line
        return Span(self._starts[place.start.line - 1], self._starts[last])

    def leave_IndentedBlock(  # noqa: N802
        self, original_node: libcst.IndentedBlock, updated_node: libcst.IndentedBlock
    ) -> libcst.IndentedBlock:
        """A block inside a statement."""
        return self._replaced(original_node, updated_node)

    def leave_Module(self, original_node: libcst.Module, updated_node: libcst.Module) -> libcst.Module:  # noqa: N802
        """The statements of the module itself."""
        return self._replaced(original_node, updated_node)

    def _replaced(self, original: Block, updated: Block) -> Block:
        bounds = self._bounds(original) if self.left else []
        mine = [edit for edit in self.left if bounds and _is_within(edit.span, bounds, original)]
        ranges = _runs([_touched(edit.span, bounds) for edit in mine])
        try:
            runs = [self._parsed(first, last, bounds, original) for first, last in ranges]
        except libcst.ParserSyntaxError:
            return updated  # they go with edits outside of this block
        self.left = [edit for edit in self.left if edit not in mine]
        return self._with_runs(updated, runs) if runs else updated

    @staticmethod
    def _with_runs(updated: Block, runs: Sequence[_Run]) -> Block:
        body: list[libcst.BaseStatement] = list(updated.body)
        for run in reversed(runs):
            body[run.first : run.last + 1] = run.statements
            updated = _with_lines(updated, body, run.first + len(run.statements), run)
        return updated.with_changes(body=body)

    def _bounds(self, block: libcst.Module | libcst.IndentedBlock) -> list[int]:
        """Where the statements of ``block`` start, with what leads to them, and where the last one ends."""
        spans = [self._extent(statement) for statement in block.body]
        if not spans:
            return []
        starts = [span.start for span in spans]
        return [0, *starts[1:], len(self._data)] if isinstance(block, libcst.Module) else [*starts, spans[-1].end]

    def _parsed(self, first: int, last: int, bounds: Sequence[int], block: libcst.BaseSuite | libcst.Module) -> _Run:
        """The statements from ``first`` to ``last``, read again after the edits.

        They stand between two others, so that comments before and behind them are not those of the block.
        """
        span = Span(bounds[first], bounds[last + 1])
        text, newline = self._text(span), self._tree.default_newline
        if isinstance(block, libcst.Module):
            head = f"pass{newline}" if first else ""
            new = libcst.parse_module(f"{head}{text}pass{newline}", self._tree.config_for_parsing)
            body: Sequence[libcst.BaseStatement] = new.body
            header = new.header
        else:
            indent = _indent(self._data[span.start : span.end]) or _indent(self._data[bounds[0] : bounds[-1]])
            inside = f"{indent}pass{newline}"
            new = libcst.parse_module(f"if 1:{newline}{inside}{text}{inside}", self._tree.config_for_parsing)
            body, header = _only(new).body, ()
        start = 0 if isinstance(block, libcst.Module) and not first else 1
        return _Run(first, last, header, body[start:-1], _leading(body[-1]))

    def _text(self, span: Span) -> str:
        """The new text of ``span``, with a line end."""
        inside = [edit for edit in self._edits if span.start <= edit.span.start and edit.span.end <= span.end]
        behind = [edit for edit in inside if edit.span == Span(span.end, span.end) and span.end < len(self._data)]
        moved = [_moved(edit, -span.start) for edit in inside if edit not in behind]
        text = _applied(self._data[span.start : span.end], moved)
        return text if not text or text.endswith(("\n", "\r")) else text + self._tree.default_newline


def _moved(edit: Edit, by: int) -> Edit:
    return type(edit)(Span(edit.span.start + by, edit.span.end + by), edit.content)


def _only(module: libcst.Module) -> libcst.IndentedBlock:
    (statement,) = module.body
    assert isinstance(statement, libcst.If)
    assert isinstance(statement.body, libcst.IndentedBlock)
    return statement.body


def _indent(text: bytes) -> str:
    """The indentation of the first line that is code."""
    lines = (line for line in NEWLINE.split(text) if line.strip() and not line.lstrip().startswith(b"#"))
    first = next(lines, b"")
    return first[: len(first) - len(first.lstrip())].decode()


def _is_within(span: Span, bounds: Sequence[int], block: libcst.BaseSuite | libcst.Module) -> bool:
    """Whether ``span`` lies in the block: what is inserted at its end stands before whatever comes behind it."""
    behind = isinstance(block, libcst.Module)
    return bounds[0] <= span.start and span.end <= bounds[-1] and (behind or span.start < bounds[-1])


def _touched(span: Span, bounds: Sequence[int]) -> tuple[int, int]:
    """The first and the last statement that ``span`` reaches into; an insertion between two is one before the second."""
    found = [
        k
        for k, (start, end) in enumerate(pairwise(bounds))
        if start < max(span.end, span.start + 1) and span.start < end
    ]
    return (found[0], found[-1]) if found else (len(bounds) - 2, len(bounds) - 2)


def _runs(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """``ranges`` in order, those that share a statement or are neighbours as one."""
    runs: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _with_lines(block: Block, body: list[libcst.BaseStatement], position: int, run: _Run) -> Block:
    """The block with the lines that ``run`` leaves at its end, which lead to what stands at ``position`` now, if anything."""
    if isinstance(block, libcst.Module) and not run.first:
        block = block.with_changes(header=run.header)
    if not run.behind:
        return block
    if position == len(body):
        return block.with_changes(footer=(*run.behind, *block.footer))
    body[position] = body[position].with_changes(leading_lines=(*run.behind, *_leading(body[position])))
    return block


def _leading(statement: libcst.BaseStatement) -> Sequence[libcst.EmptyLine]:
    """The comments and blank lines that lead to ``statement``."""
    assert isinstance(statement, libcst.SimpleStatementLine | libcst.BaseCompoundStatement)
    return statement.leading_lines
