"""Join the JSON reports of several runs over parts of one repository."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify.report.as_json import SCHEMA
from vmapify.report.exit_code import CLEAN, FINDINGS, INCONCLUSIVE, TROUBLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LISTS = ("findings", "results", "reruns", "errors")
"""What reports list: those of ``check`` and ``fix`` have findings, those of ``verify`` results."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why documents cannot be joined, naming the one at fault."""

    why: str


def merged(named: Mapping[str, str]) -> dict[str, Any] | Unfit:
    """The one document that the texts of several make, by file name; the rows of each come once, by path and place."""
    documents: dict[str, dict[str, Any]] = {}
    for name, text in named.items():
        document = _document(text)
        if document is None:
            return Unfit(f"{name}: is no JSON report of vmapify; make it with --output-format json")
        documents[name] = document
    unfit = _do_not_fit(documents)
    if unfit is not None:
        return unfit
    first = next(iter(documents.values()))
    lists = [key for key in LISTS if any(key in document for document in documents.values())]
    whole = {key: _rows(document.get(key, []) for document in documents.values()) for key in lists}
    return {"schema": SCHEMA, "version": first["version"], **whole}


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if (
        not isinstance(document, dict)
        or document.get("schema") != SCHEMA
        or not isinstance(document.get("version"), str)
    ):
        return None
    lists = [document[key] for key in LISTS if key in document]
    sound = all(isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in lists)
    return document if sound and isinstance(document.get("errors"), list) and len(lists) > 1 else None


def _do_not_fit(documents: Mapping[str, Mapping[str, Any]]) -> Unfit | None:
    (first, head), *rest = documents.items()
    for name, document in rest:
        if document["version"] != head["version"]:
            return Unfit(f"{name}: was made by vmapify {document['version']}, {first} by {head['version']}")
        if ("results" in document) != ("results" in head):
            return Unfit(f"{name}: one of {first} and this is of `verify`, and the other is not")
    return _missing([document["shard"] for document in documents.values() if "shard" in document])


def _missing(shards: Sequence[object]) -> Unfit | None:
    """The parts that are not there, of those that the others name."""
    found = {str(shard) for shard in shards}
    totals = {shard.partition("/")[2] for shard in found}
    if len(totals) > 1:
        return Unfit(f"the reports are parts of different wholes: {', '.join(sorted(found))}")
    wanted = [f"{number}/{total}" for total in totals for number in range(1, int(total) + 1)]
    missing = [shard for shard in wanted if shard not in found]
    return Unfit(f"part {', '.join(missing)} is missing") if missing else None


def _rows(lists: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    rows = {json.dumps(row, sort_keys=True): row for found in lists for row in found}
    return sorted(rows.values(), key=_order)


def _order(row: Mapping[str, Any]) -> tuple[str, int, int, int]:
    start = (row.get("loop") or {}).get("start") or {}
    return (
        str(row.get("path", "")),
        row.get("cell") or 0,
        start.get("line") or row.get("line") or 0,
        start.get("column") or 0,
    )


def merged_exit_code(document: Mapping[str, Any]) -> int:
    """The exit code of a run that had said all this."""
    if document["errors"]:
        return TROUBLE
    if "results" in document:
        verdicts = {row.get("verdict") for row in document["results"]}
        if verdicts & {"different", "precision-changed"}:
            return FINDINGS
        return INCONCLUSIVE if "inconclusive" in verdicts else CLEAN
    return FINDINGS if any(map(_is_open, document["findings"])) else CLEAN


def _is_open(row: Mapping[str, Any]) -> bool:
    written = (row.get("outcome") or {}).get("state") == "written"
    return row.get("verdict") not in {"blocked", "open"} and not row.get("suppressed") and not written
