"""What the parent asks for: the sites, where to report, and the limits. Read from a JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PLAN_VARIABLE = "VMAPIFY_VERIFY_PLAN"
"""Environment variable that holds the path of the plan; processes started by the workload inherit it."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site; ``lanes`` maps an output to its batch axis (None: a reduction); ``cell`` is that of a notebook.

    A site without texts that has something ``asked`` is not judged, but described.
    ``differentiated`` says how the file differentiates what holds the site: ``reverse``, ``forward``, or not at all.
    """

    key: int
    path: str
    line: int
    column: int
    before: str
    after: str
    imports: tuple[str, ...]
    live_in: tuple[str, ...]
    live_out: tuple[str, ...]
    returns: bool
    lanes: dict[str, int | None]
    class_name: str | None
    allowed: tuple[str, ...]
    cell: int | None
    assumed: tuple[str, ...]
    asked: tuple[str, ...]
    differentiated: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What is to be timed once a pair has passed.

    ``real`` is whether inputs have the sizes that the user's program works on; if not, ``rows`` are tried as well.
    ``traced`` is whether the loop runs inside a transformation. ``sizes`` are the batch sizes of a whole table (none for
    the quick answer alone), which may take ``seconds``. ``memory`` is in bytes, for the whole process. ``minimum`` is how many
    times as fast as the loop a rewrite has to be, if that is asked for; 0 asks for no comparison on other inputs than those at
    hand.
    """

    real: bool = True
    rows: int = 128
    traced: bool = False
    sizes: tuple[int, ...] = ()
    seconds: float = 0.0
    memory: float | None = None
    minimum: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` is the time one arrival at a site may take; ``stop`` ends the run once every site is
    judged.

    ``channel`` is the file that reports go to, signed with ``key``; ``allow_io`` lifts the wall;
    ``store`` asks for the inputs of every judgement, for a bundle.
    ``replaced`` holds new texts by the paths of files, which the program gets in the place of what is on disk. ``footprint``
    lists the files of whose modules the values at the end are wanted; None asks for none.
    ``inputs`` says where the values come from (recorded, module, given), ``call`` holds the fields of the
    drivers that call a function themselves.
    """

    channel: str
    key: str
    inputs: str
    seconds: float
    stop: bool
    device: str | None
    allow_io: bool
    store: bool
    sites: tuple[SitePlan, ...]
    call: dict[str, Any]
    measure: Measure
    replaced: dict[str, str]
    footprint: list[str] | None


def read_plan(path: str) -> Plan:
    """The plan written by the parent; unknown keys are ignored, so that the two sides may differ in age."""
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    sites = tuple(site_plan(entry) for entry in raw["sites"])
    values = {field.name: raw[field.name] for field in fields(Plan)}
    return Plan(**{**values, "sites": sites, "measure": _measure(raw["measure"])})


def plan_from_environment() -> Plan | None:
    """The plan of this run, or None in a process that has nothing to do with it."""
    path = os.environ.get(PLAN_VARIABLE)
    return read_plan(path) if path and Path(path).exists() else None


def _measure(entry: dict[str, Any]) -> Measure:
    return Measure(**{**entry, "sizes": tuple(entry["sizes"])})


def site_plan(entry: dict[str, Any]) -> SitePlan:
    """A site from plain data."""
    values = {field.name: entry[field.name] for field in fields(SitePlan)}
    tuples = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return SitePlan(**{**values, **tuples})
