"""Lines that nothing needs once the loop is gone: deleted whole, comments kept."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.comments import comments_in

if TYPE_CHECKING:
    from vmapify.syntax import Module


def delete_statement(module: Module, statement: ast.stmt) -> Edit:
    """Delete ``statement`` with its line; comments on it stay, on lines of their own."""
    span = module.span(statement)
    data = module.data
    start = data.rfind(b"\n", 0, span.start) + 1
    end = data.find(b"\n", span.end)
    end = len(data) if end < 0 else end + 1
    before, behind = data[start : span.start], data[span.end : end]
    if before.strip() or behind.split(b"#", 1)[0].strip(b" \t\r\n;"):
        return _within_line(data, span, before, behind)
    kept = comments_in(module, Span(span.start, end))
    text = "".join(f"{before.decode()}{comment}\n" for comment in kept)
    if not text and _blank_line_at(data, end) and (start == 0 or _blank_line_before(data, start)):
        end = data.find(b"\n", end) + 1
    return Edit(Span(start, end), text)


def without_targets(module: Module, statement: ast.stmt, names: set[str]) -> Edit:
    """``statement`` without the assignments to ``names``: ``a, b = 0.0, 1`` and ``a = b = 0.0`` may keep a part."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=elts)], value=ast.Tuple(elts=values)):
            pairs = zip(elts, values, strict=True)
            left = [(one, value) for one, value in pairs if not (isinstance(one, ast.Name) and one.id in names)]
            if left:
                targets, kept = zip(*left, strict=True)
                text = f"{', '.join(map(module.text, targets))} = {', '.join(map(module.text, kept))}"
                return Edit(module.span(statement), text)
        case ast.Assign(targets=targets, value=value):
            other = [one for one in targets if not (isinstance(one, ast.Name) and one.id in names)]
            if other:
                return Edit(module.span(statement), " = ".join(map(module.text, [*other, value])))
    return delete_statement(module, statement)


def coalesced(module: Module, edits: list[Edit]) -> list[Edit]:
    """Deletions of neighbouring lines as one, which takes a blank line along if it would leave two in a row."""
    joined: list[Edit] = []
    for edit in sorted(edits, key=lambda one: one.span):
        last = joined[-1] if joined else None
        if last is not None and last.span.end == edit.span.start and not last.content and not edit.content:
            joined[-1] = _closing_gap(module.data, Span(last.span.start, edit.span.end))
        else:
            joined.append(edit)
    return joined


def _closing_gap(data: bytes, span: Span) -> Edit:
    if _blank_line_at(data, span.end) and (span.start == 0 or _blank_line_before(data, span.start)):
        return Edit(Span(span.start, data.find(b"\n", span.end) + 1), "")
    return Edit(span, "")


def _within_line(data: bytes, span: Span, before: bytes, behind: bytes) -> Edit:
    """One of several statements on a line: take its semicolon along."""
    if behind.lstrip().startswith(b";"):
        end = span.end + behind.index(b";") + 1
        while data[end : end + 1] in {b" ", b"\t"}:
            end += 1
        return Edit(Span(span.start, end), "")
    start = span.start - len(before) + len(before.rstrip().removesuffix(b";").rstrip())
    return Edit(Span(start, span.end), "")


def _blank_line_at(data: bytes, at: int) -> bool:
    end = data.find(b"\n", at)
    return end >= 0 and not data[at:end].strip()


def _blank_line_before(data: bytes, start: int) -> bool:
    previous = data.rfind(b"\n", 0, start - 1) + 1
    line = data[previous:start].strip()
    return not line or line.endswith(b":")
