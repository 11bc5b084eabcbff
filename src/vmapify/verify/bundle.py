"""Bundles: one file with the sources, inputs and verdicts of judged rewrites, plain data (JSON) only.

Reading one executes nothing. A checksum over everything tells a damaged or edited file from a sound one.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Problem
from vmapify.syntax import code_key

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = 1
MARK = "vmapify-bundle"
ARRIVAL: dict[str, Any] = {
    "settings": dict,
    "module": str,
    "kind": str,
    "inputs": dict,
}
REGION: dict[str, Any] = {
    "key": int,
    "path": str,
    "line": int,
    "column": int,
    "before": str,
    "after": str,
    "imports": list,
    "live_in": list,
    "live_out": list,
    "returns": bool,
    "lanes": dict,
    "class_name": (str, type(None)),
    "allowed": list,
    "cell": (int, type(None)),
    "assumed": list,
}
KINDS = ("region", "function", "script")


@dataclass(frozen=True, slots=True)
class Entry:
    """One judged rewrite.

    ``kind``: a ``region`` of a file (``region`` holds its texts and names), a ``function`` in two versions, or a
    ``script`` as a whole (``names`` are those that its changed statements bind). ``before`` and ``after`` are both files
    in full, ``after_module`` the name of the latter as a module. ``arrivals`` are the inputs of each judgement with its
    settings and report, ``recorded`` is the verdict, ``missing`` says why inputs are not there.
    """

    kind: str
    path: str
    function: str | None
    line: int | None
    before: str
    after: str
    after_module: str
    region: dict[str, Any] | None
    names: tuple[str, ...]
    arrivals: tuple[dict[str, Any], ...]
    recorded: dict[str, Any]
    missing: str | None


def write_bundle(path: str, version: str, entries: Sequence[Entry]) -> None:
    """Write a bundle. Raises OSError."""
    content = {MARK: SCHEMA, "version": version, "entries": [dataclasses.asdict(entry) for entry in entries]}
    text = json.dumps({**content, "checksum": _checksum(content)}, ensure_ascii=True, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def read_bundle(path: str) -> tuple[Entry, ...] | Problem:
    """The entries of a bundle, or what is wrong with the file."""
    try:
        return _entries(json.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        return Problem(path, None, f"cannot be read ({error.strerror})")
    except _UnsoundError as error:
        return Problem(path, None, str(error))
    except (ValueError, RecursionError):
        return Problem(path, None, "is not a bundle, or only part of one; make it again with --bundle")


class _UnsoundError(Exception):
    """The one line that says what is wrong with a file."""


def _entries(content: Any) -> tuple[Entry, ...]:
    if not isinstance(content, dict) or type(content.get(MARK)) is not int:
        raise _UnsoundError("is not a bundle; `vmapify fix --bundle FILE` and `vmapify verify --bundle FILE` make one")
    if content[MARK] > SCHEMA:
        raise _UnsoundError(f"is a bundle of schema {content[MARK]}, newer than {SCHEMA}; use a newer vmapify")
    if content.pop("checksum", None) != _checksum(content):
        raise _UnsoundError("has been changed or damaged since it was written; make it again with --bundle")
    entries = content.get("entries")
    if not isinstance(entries, list):
        raise _UnsoundError("has no entries; make it again with --bundle")
    return tuple(_entry(entry, f"entry {number}") for number, entry in enumerate(entries, start=1))


def _entry(raw: Any, where: str) -> Entry:
    wanted = {
        "kind": str,
        "path": str,
        "function": (str, type(None)),
        "line": (int, type(None)),
        "before": str,
        "after": str,
        "after_module": str,
        "region": (dict, type(None)),
        "names": list,
        "arrivals": list,
        "recorded": dict,
        "missing": (str, type(None)),
    }
    _demand(raw, wanted, where)
    if raw["kind"] not in KINDS or (raw["kind"] == "region") != (raw["region"] is not None):
        raise _UnsoundError(f"{where} is of no known kind")
    if raw["region"] is not None:
        _demand(raw["region"], REGION, where)
        if not is_part(raw["before"], raw["after"], raw["region"]):
            raise _UnsoundError(f"{where} runs what does not stand in its sources; make it again with --bundle")
    for arrival in raw["arrivals"]:
        _demand(arrival, ARRIVAL, where)
        _demand(arrival["inputs"], {"roots": dict, "objects": list}, where)
        if not all(
            isinstance(node, dict) and isinstance(node.get("kind"), str) for node in arrival["inputs"]["objects"]
        ):
            raise _UnsoundError(f"{where} holds inputs that make no sense")
    values = {field.name: raw[field.name] for field in dataclasses.fields(Entry)}
    return Entry(**{**values, "names": tuple(raw["names"]), "arrivals": tuple(raw["arrivals"])})


def is_part(before: str, after: str, region: dict[str, Any]) -> bool:
    """Whether the statements of a region, as they are run, stand in the two files: nothing else may be executed."""
    wanted = [(before, region["before"]), (after, region["after"]), *((after, item) for item in region["imports"])]
    try:
        return all(_holds(text, part) for text, part in wanted)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return False


def _holds(text: str, part: str) -> bool:
    """Whether the statements of ``part`` follow each other somewhere in ``text``."""
    wanted = [code_key(statement) for statement in ast.parse(part).body]
    for node in ast.walk(ast.parse(text)):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                keys = [code_key(statement) for statement in block]
                if any(keys[at : at + len(wanted)] == wanted for at in range(len(keys) - len(wanted) + 1)):
                    return True
    return not wanted


def _demand(raw: Any, wanted: dict[str, Any], where: str) -> None:
    if not isinstance(raw, dict):
        raise _UnsoundError(f"{where} is not what it should be")
    for name, kind in wanted.items():
        if name not in raw or not isinstance(raw[name], kind):
            raise _UnsoundError(f"{where} has no sound {name!r}")


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
