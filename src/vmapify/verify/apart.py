"""Run two versions in a process each, and compare what they gave in a third one that has loaded neither.

What judged code does to the process in which it is judged (reading the judge's frames, speaking in its name, keeping the old
version's results for the new one) is of no use there.
"""

from __future__ import annotations

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from vmapify.verify.launch import launch
from vmapify.verify.workload import alone, compared

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended

PASSED = frozenset(("identical", "equivalent"))
AGREES = "; it agrees in a process of its own, too"
SKIPPED = "; not run in a process of its own: {}"
FRESH = "fresh"
FAILS = "in a process of its own, {}"


def doubted(
    found: Verification, versions: tuple[Path, Path], function: str | None, options: VerifyOptions, python: str
) -> Verification:
    """The verification after both versions were run apart: ``function`` on its inputs, or the files as a whole.

    Only agreement is put to this test.
    """
    if found.verdict not in PASSED:
        return found
    return _Apart(versions, function, options, python, exact=found.verdict == "identical").judged(found)


class _Apart:
    def __init__(
        self, versions: tuple[Path, Path], function: str | None, options: VerifyOptions, python: str, *, exact: bool
    ) -> None:
        self._versions, self._function, self._options, self._python = versions, function, options, python
        self._exact = exact

    def judged(self, found: Verification) -> Verification:
        (ours, before), (theirs, after) = self._both()
        obstacle = _obstacle(ours, before)
        if obstacle is not None:
            return _with(found, SKIPPED.format(obstacle))
        if not theirs.outcomes.keys() >= ours.outcomes.keys():
            why = FAILS.format(theirs.problem or after.cause("it"))
            return dataclasses.replace(found, verdict="inconclusive", reason=why, speedup=None)
        wrong = self._difference(ours, theirs)
        if wrong is None:
            return _with(found, AGREES)
        again, _ = self._run(self._versions[0])
        if self._difference(ours, again) is not None:
            return _with(found, SKIPPED.format("the old version gives other results in every process"))
        reason = FAILS.format(f"which has not run the old version, {wrong}")
        return dataclasses.replace(found, verdict="different", reason=reason, example=wrong, speedup=None)

    def _both(self) -> list[tuple[Log, Ended]]:
        """Side by side where that takes no device away from one of them."""
        side = os.environ.get("JAX_PLATFORMS") if self._options.device is None else self._options.device
        with ThreadPoolExecutor(2 if side == "cpu" and self._options.runner is None else 1) as pool:
            return list(pool.map(self._run, self._versions))

    def _run(self, version: Path) -> tuple[Log, Ended]:
        return launch(alone(version, self._function, self._options, self._python), [], self._options, self._python)

    def _difference(self, ours: Log, theirs: Log) -> str | None:
        """The first difference; that on given inputs, where there is one."""
        if any(_inputs(theirs, name) != _inputs(ours, name) for name in ours.outcomes):
            return "its inputs are other ones"
        cases: list[dict[str, Any]] = [
            {"name": name, "ours": outcome, "theirs": theirs.outcomes[name]}
            for name, outcome in ours.outcomes.items()
            if not (name.startswith(FRESH) and outcome.get("error") is not None)
        ]
        log, ended = launch(compared(cases, self._python, exact=self._exact), [], self._options, self._python)
        for case in sorted(cases, key=lambda case: case["name"].startswith(FRESH)):
            name = case["name"]
            told = log.outcomes.get(name, {"text": f"nothing is known ({ended.cause('it')})"})["text"]
            if told:
                return f"{told} (inputs redrawn at random)" if name.startswith(FRESH) else str(told)
        return None


def _inputs(log: Log, name: str) -> Any:
    return log.outcomes.get(name, {}).get("inputs")


def _obstacle(ours: Log, ended: Ended) -> str | None:
    if not ours.outcomes:
        return ours.problem or ended.cause("it")
    return "its results are too large" if any(one.get("large") for one in ours.outcomes.values()) else None


def _with(found: Verification, note: str) -> Verification:
    return dataclasses.replace(found, reason=found.reason + note)
