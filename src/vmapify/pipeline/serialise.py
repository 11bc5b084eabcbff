"""Results as plain lists, for the cache and for the pipes between processes; no code is run to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmapify.pipeline.analysis import FileResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.diagnostic import Finding

Plain = list[Any]
_EMPTY: Plain = ["", "", [], [], [], [], []]


def to_plain(result: FileResult) -> Plain:
    """The result as lists, strings and numbers; trailing fields that are empty are left out."""
    fields: Plain = [
        result.path,
        result.digest,
        result.places,
        result.files,
        [_finding(finding) for finding in result.findings],
        [_fields(comment) for comment in result.suppressions],
        [_fields(problem) for problem in result.problems],
    ]
    while not fields[-1]:
        fields.pop()
    return fields


def from_plain(fields: Plain) -> FileResult:
    """The result again. Raises ValueError, TypeError, KeyError or IndexError for what is none."""
    path, digest, places, files, findings, comments, problems = [*fields, *_EMPTY[len(fields) :]]
    if not (findings or comments or problems):
        return FileResult(path, digest=digest, places=tuple(places), files=tuple(files))
    from vmapify.diagnostic import Problem  # noqa: PLC0415 - most files have nothing to say

    return FileResult(
        path,
        tuple(map(_as_finding, findings)),
        tuple(map(_as_suppression, comments)),
        tuple(Problem(*problem) for problem in problems),
        digest,
        tuple(places),
        tuple(files),
    )


def _fields(value: Any) -> Plain:
    """The fields of a dataclass, those that are dataclasses themselves as lists, too."""
    return [_part(getattr(value, name)) for name in value.__slots__]


def _part(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_part(one) for one in value]
    return _fields(value) if hasattr(value, "__slots__") else value


def _finding(finding: Finding) -> Plain:
    assert finding.verification is None, "nothing has run yet"
    return _fields(finding)


def _as_finding(fields: Plain) -> Finding:
    from vmapify.diagnostic import Assumption, Edit, Finding, Question, Span  # noqa: PLC0415

    code, name, path, function, loop, sink, verdict, cell, applicability, *rest = fields
    reasons, assumptions, changes, replacement, edits, site, _, suppressed, questions = rest
    return Finding(
        code,
        name,
        path,
        function,
        Span(*loop),
        None if sink is None else Span(*sink),
        verdict,
        cell,
        applicability,
        tuple(map(_as_reason, reasons)),
        tuple(Assumption(code, subcode, _details(told)) for code, subcode, told in assumptions),
        tuple(Assumption(code, subcode, _details(told)) for code, subcode, told in changes),
        replacement,
        tuple(Edit(Span(*span), content) for span, content in edits),
        None if site is None else _as_site(site),
        None,
        suppressed,
        tuple(Question(asked, of, _as_reason(reason)) for asked, of, reason in questions),
    )


def _as_reason(fields: Plain) -> Any:
    from vmapify.diagnostic import Reason  # noqa: PLC0415

    code, subcode, path, line, told, *more = fields
    return Reason(code, subcode, path, line, _details(told), *more)


def _details(fields: Plain) -> Any:
    return tuple((name, value) for name, value in fields)


def _as_site(fields: Plain) -> Any:
    from vmapify.diagnostic import Lane, Site  # noqa: PLC0415

    path, line, column, function, before, after, imports, live_in, live_out, returns, lanes, *rest = fields
    class_name, allowed, cell, assumed, asked = rest
    return Site(
        path,
        line,
        column,
        function,
        before,
        after,
        tuple(imports),
        tuple(live_in),
        tuple(live_out),
        returns,
        tuple(Lane(*lane) for lane in lanes),
        class_name,
        tuple(allowed),
        cell,
        tuple(assumed),
        tuple(asked),
    )


def _as_suppression(fields: Plain) -> Any:
    from vmapify.diagnostic import Span  # noqa: PLC0415
    from vmapify.source.suppression import Suppression  # noqa: PLC0415

    scope, codes, line, span, error, shared = fields
    return Suppression(scope, tuple(codes), line, Span(*span), error, shared)


def merged(into: dict[str, dict[str, str]], asked: Iterable[tuple[str, dict[str, str]]]) -> None:
    """Add what was asked for in directories."""
    for directory, names in asked:
        into.setdefault(directory, {}).update(names)
