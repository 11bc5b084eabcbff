"""Which of the worker's messages are believed: those that fit the one table of fields, and whose verdict has its evidence.

The judged code shares a process with the judge. What it might send in its name must at least be what the judge could have
sent; a report that is not says nothing about its site, and never breaks the parent.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Timing

if TYPE_CHECKING:
    from collections.abc import Mapping

Report = dict[str, Any]
NUMBER = (int, float)
TEXT = (str, type(None))
COUNT = (int, type(None))
MAYBE = (int, float, type(None))
MESSAGES: dict[str, dict[str, Any]] = {
    "started": {"jax": TEXT},
    "ready": {},
    "arrived": {"site": int},
    "begin": {"site": int},
    "provisional": {"site": int, "report": dict},
    "stored": {"site": int, "stored": dict},
    "verdict": {"site": int, "report": dict},
    "end": {"site": int},
    "done": {"site": int},
    "described": {"site": int, "values": dict},
    "missing": {"site": int},
    "timed": {"site": int, "figures": dict},
    "unreached": {"site": int, "text": str},
    "problem": {"text": str},
    "file": {"sites": list},
    "stages": {"seconds": dict},
    "visits": {"site": int, "visits": int, "unseen": int},
    "ran": {"seconds": float},
    "footprint": {"values": dict, "files": dict, "compared": int, "left_out": dict, "whole": bool},
    "outcome": {"site": int, "case": str, "outcome": dict},
    "over": {},
}
"""The messages with the fields that each must have; what is not named here may be there as well."""
REPORT: dict[str, Any] = {
    "verdict": str,
    "reason": str,
    "example": TEXT,
    "refused": bool,
    "final": bool,
    "agrees": bool,
    "max_error_loop": MAYBE,
    "max_error_vmap": MAYBE,
    "batch": COUNT,
    "obstacle": TEXT,
    "rows_that_fit": COUNT,
    "inputs": str,
    "device": str,
    "device_kind": str,
    "jax": str,
    "matmul_precision": str,
    "enable_x64": bool,
    "peak_memory": COUNT,
}
OPTIONAL: dict[str, Any] = {
    "kind": str,
    "sizes": list,
    "digests": dict,
    "timing": (dict, type(None)),
    "table": (list, type(None)),
    "unmeasured": str,
    "skipped": list,
    "changes": list,
}
SKIPPED = {"stage": str, "cause": str, "why": str}
CHANGE = {"code": str, "message": str}
TIMING: dict[str, Any] = {"loop": dict, "rewrite": dict, "rows": COUNT, "mode": str, "telling": bool}
ROW: dict[str, Any] = {
    "rows": COUNT,
    "mode": str,
    "loop": (dict, type(None)),
    "rewrite": (dict, type(None)),
    "skipped": str,
}
VERDICTS = frozenset(("identical", "equivalent", "precision-changed", "different", "inconclusive"))
PASSED = frozenset(("identical", "equivalent", "precision-changed"))
KINDS = frozenset(("recorded", "module", "given", "synthesized"))
MODES = frozenset(("eager", "jit"))
DEVICE = re.compile(r"[a-zA-Z]\w*:\d+")
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
DIGEST = re.compile(r"[0-9a-f]{32}")
UNSOUND = "a report of the judge is not one that it writes ({}); the code that was run may have meddled with it"


def fits(message: Any) -> bool:
    """Whether a message is one of those that the worker sends, with all its fields."""
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        return False
    wanted = MESSAGES.get(message["event"])
    numbered = {"pid": int, "number": int}
    return wanted is not None and _missing(message, wanted | numbered) is None


def why_malformed(report: Report) -> str | None:
    """The field of a report that is not what it should be; None if all are."""
    wrong = _missing(report, REPORT) or _missing(
        report, {name: OPTIONAL[name] for name in OPTIONAL.keys() & report.keys()}
    )
    if wrong is not None:
        return wrong
    if report["verdict"] not in VERDICTS or report["inputs"] not in KINDS:
        return "verdict" if report["verdict"] not in VERDICTS else "inputs"
    if not all(type(size) is int for size in report.get("sizes", ())):
        return "sizes"
    for name, entry in (("skipped", SKIPPED), ("changes", CHANGE)):
        if not all(
            isinstance(one, dict) and one.keys() == entry.keys() and not _missing(one, entry)
            for one in report.get(name, ())
        ):
            return name
    timing = report.get("timing")
    if timing is not None and not _is_timing(timing):
        return "timing"
    return "table" if not all(map(_is_row, report.get("table") or ())) else None


def why_implausible(
    report: Report, jax: set[str | None], *, begun: bool, lanes: bool, before: Mapping[str, Report]
) -> str | None:
    """What a well-formed report lacks to be believed; None if nothing.

    ``jax`` are the versions that processes of this run found when they started, ``lanes`` is whether the site has a
    batch axis, ``before`` holds the earlier reports on it by verdict.
    """
    if not begun:
        return "nothing was said of its beginning"
    if report["verdict"] not in PASSED:
        return None
    if not _is_known(report["jax"], jax):
        return f"JAX {report['jax'][:20]} was not there when it started"
    if DEVICE.fullmatch(report["device"]) is None:
        return "no such device"
    if lanes and (report["batch"] is None or report["batch"] < 1):
        return "no rows were run"
    if report.get("like") == report["verdict"]:
        return None if report["verdict"] in before else "no verdict on other inputs that it could rest on"
    return _without_digests(report)


def _without_digests(report: Report) -> str | None:
    digests = report.get("digests", {})
    found = [digests.get(version) for version in ("loop", "rewrite")]
    if not all(isinstance(one, str) and DIGEST.fullmatch(one) for one in found):
        return "no results of both versions"
    return "identical results that differ" if report["verdict"] == "identical" and found[0] != found[1] else None


def _is_known(version: str, known: set[str | None]) -> bool:
    """Development versions are named in more than one way, so that only the numbers count."""
    numbers = VERSION.match(version)
    if numbers is None:
        return False
    found = {match.groups() for one in known if one is not None and (match := VERSION.match(one))}
    return None in known or numbers.groups() in found


def _missing(raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The first field that is absent or of another type; a truth value is no number."""
    for name, kind in wanted.items():
        value = raw.get(name, MISSING)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if type(value) not in kinds:
            return name
    return None


def _is_entry(raw: Any, wanted: Mapping[str, Any]) -> bool:
    return isinstance(raw, dict) and raw.keys() == wanted.keys() and _missing(raw, wanted) is None


def _is_timing(raw: Report) -> bool:
    even = type(raw.get("even")) in COUNT
    sound = _missing(raw, TIMING) is None and raw["mode"] in MODES and even
    return sound and _is_measured(raw["loop"]) and _is_measured(raw["rewrite"])


def _is_row(raw: Any) -> bool:
    if not isinstance(raw, dict) or _missing(raw, ROW) is not None or raw["mode"] not in MODES:
        return False
    return all(raw[version] is None or _is_measured(raw[version]) for version in ("loop", "rewrite"))


def _is_measured(raw: Report) -> bool:
    """Whether a ``Timing`` can be made of it."""
    known = {field.name: field for field in fields(Timing)}
    needed = {name for name, field in known.items() if field.default is MISSING}
    return needed <= raw.keys() <= known.keys() and all(type(value) in MAYBE for value in raw.values())
