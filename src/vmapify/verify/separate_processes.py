"""Run two versions in a process each, and compare what they gave in a third one that has loaded neither.

What judged code does to the process in which it is judged (reading the judge's frames, speaking in its name, keeping the old
version's results for the new one) is of no use there.
"""

from __future__ import annotations

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.verify.launch import launch
from vmapify.verify.workload import alone
from vmapify.verify.workload import compared as compared_by

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from vmapify.diagnostic import Verification
    from vmapify.diagnostic.verification import Verdict
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended

PASSED = frozenset(("identical", "equivalent"))
AGREES = "; it agrees in a process of its own, too"
SKIPPED = "; not run in a process of its own: {}"
FRESH = "fresh"
DEVICES = Path("/dev")
ACCELERATORS = ("nvidia*", "kfd", "accel*", "vfio")
FAILS = "in a process of its own, {}"


@dataclass(frozen=True, slots=True)
class _Difference:
    """``doubtful``: right versions may differ like this, too. ``compared``: it was found by comparing results."""

    text: str
    doubtful: bool
    compared: bool = True


class Apart:
    """Runs of two versions in a process each: ``function`` on its inputs, or the files as a whole.

    They begin at once where the judge's own process does not need the device for itself. As a context it ends with them.
    """

    def __init__(self, versions: tuple[Path, Path], function: str | None, options: VerifyOptions, python: str) -> None:
        self._versions, self._function, self._options, self._python = versions, function, options, python
        shared = _is_shared(options)
        self._pool = ThreadPoolExecutor(2 if shared else 1)
        self._begun = [self._pool.submit(self._run, version) for version in versions] if shared else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def doubted(self, found: Verification) -> Verification:
        """The verification, if it says that the versions agree, in the light of these runs; else as it is."""
        if found.verdict not in PASSED:
            return found
        begun = self._begun or [self._pool.submit(self._run, version) for version in self._versions]
        (ours, before), (theirs, after) = [run.result() for run in begun]
        obstacle = _obstacle(ours, before)
        if obstacle is not None:
            return _with(found, SKIPPED.format(obstacle))
        if not theirs.outcomes.keys() >= ours.outcomes.keys():
            why = FAILS.format(theirs.problem or after.cause("it"))
            return dataclasses.replace(found, verdict="inconclusive", reason=why, speedup=None)
        exact = found.verdict == "identical"
        wrong = self._difference(ours, theirs, exact=exact)
        if wrong is None:
            return _with(found, AGREES)
        if not wrong.compared:
            return dataclasses.replace(found, verdict="inconclusive", reason=FAILS.format(wrong.text), speedup=None)
        again, _ = self._run(self._versions[0])
        if self._difference(ours, again, exact=exact) is not None:
            return _with(found, SKIPPED.format("the old version gives other results in every process"))
        reason = FAILS.format(f"which has not run the old version, {wrong.text}")
        verdict: Verdict = "inconclusive" if wrong.doubtful else "different"
        return dataclasses.replace(found, verdict=verdict, reason=reason, example=wrong.text, speedup=None)

    def _run(self, version: Path) -> tuple[Log, Ended]:
        return launch(alone(version, self._function, self._options, self._python), [], self._options, self._python)

    def _difference(self, ours: Log, theirs: Log, *, exact: bool) -> _Difference | None:
        """The first difference; that on given inputs, where there is one."""
        if any(_inputs(theirs, name) != _inputs(ours, name) for name in ours.outcomes):
            return _Difference("its inputs are other ones", doubtful=True)
        cases: list[dict[str, Any]] = [
            {"name": name, "ours": outcome, "theirs": theirs.outcomes[name], "fresh": name.startswith(FRESH)}
            for name, outcome in ours.outcomes.items()
            if not (name.startswith(FRESH) and outcome.get("error") is not None)
        ]
        log, ended = launch(compared_by(cases, self._python, exact=exact), [], self._options, self._python)
        for name, fresh in sorted(((case["name"], case["fresh"]) for case in cases), key=lambda case: case[1]):
            if name not in log.outcomes:
                return _Difference(f"nothing is known ({ended.cause('it')})", doubtful=True, compared=False)
            told, compared = log.outcomes[name]["text"], bool(log.outcomes[name]["compared"])
            if told:
                text = f"{told} (inputs redrawn at random)" if fresh else told
                return _Difference(text, doubtful=fresh, compared=compared)
        return None


def _is_shared(options: VerifyOptions) -> bool:
    """Whether several processes may compute at the same time: those on CPUs may, accelerators are somebody's."""
    if options.runner is not None:
        return False
    wanted = os.environ.get("JAX_PLATFORMS") if options.device is None else options.device
    return wanted == "cpu" or (not wanted and not any(any(DEVICES.glob(name)) for name in ACCELERATORS))


def _inputs(log: Log, name: str) -> Any:
    return log.outcomes.get(name, {}).get("inputs")


def _obstacle(ours: Log, ended: Ended) -> str | None:
    if not ours.outcomes:
        return ours.problem or ended.cause("it")
    return "its results are too large" if any(one.get("large") for one in ours.outcomes.values()) else None


def _with(found: Verification, note: str) -> Verification:
    return dataclasses.replace(found, reason=found.reason + note)
