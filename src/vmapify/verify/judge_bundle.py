"""Judge the entries of a bundle again, here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Problem, Verification
from vmapify.verify import workload as workloads
from vmapify.verify.channel import DISTURBED
from vmapify.verify.combine_reports import cut_short, folded, unknown
from vmapify.verify.interpreter import usable_python, why_unusable
from vmapify.verify.launch import launch
from vmapify.verify.why_unreached import cause_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.verify.bundle import Entry
    from vmapify.verify.message_check import Report
    from vmapify.verify.options import VerifyOptions

RESTARTS = 4


def judge_again(
    path: str, entries: Sequence[Entry], options: VerifyOptions
) -> list[tuple[Verification, list[Report]]] | Problem:
    """For every entry its verification here, and the reports behind it."""
    python = usable_python(options).python
    unusable = why_unusable(python, options.runner)
    found: dict[int, tuple[Verification, list[Report]]] = {
        key: (unknown(_why(entry)), []) for key, entry in enumerate(entries) if not entry.arrivals
    }
    pending = [key for key in range(len(entries)) if key not in found]
    if unusable is not None:
        found |= {key: (unknown(unusable), []) for key in pending}
        pending = []
    for _ in range(RESTARTS + 1 if pending else 0):
        plain = [_plain(key, entries[key]) for key in pending]
        log, ended = launch(workloads.bundle(plain, path, python), [], options, python)
        if log.problem not in {None, DISTURBED}:
            return Problem(path, None, f"makes no sense: {log.problem}")
        culprits = log.judging() & set(pending)
        for key in pending:
            if key in culprits:
                found[key] = (cut_short(log.shown(key), ended, "it"), [])
            elif key in log.reports:
                # running the sources has compiled what they share, so that times would mislead
                found[key] = (
                    dataclasses.replace(folded(log.reports[key]), speedup=None, unmeasured=""),
                    log.reports[key],
                )
        pending = [key for key in pending if key not in found]
        if not pending or not culprits:
            break
    for key in pending:
        found[key] = (unknown(cause_of(log.problem or ended.output, python) or ended.cause("it")), [])
    return [found[key] for key in range(len(entries))]


def _why(entry: Entry) -> str:
    return f"its inputs are not in the bundle: {entry.missing or 'it was not run'}"


def _plain(key: int, entry: Entry) -> dict[str, Any]:
    raw = dataclasses.asdict(entry)
    region = None if entry.region is None else {**entry.region, "key": key, "path": entry.path}
    return {**raw, "key": key, "region": region}
