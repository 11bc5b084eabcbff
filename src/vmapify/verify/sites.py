"""Judge sites: group them by the program that leads to them, run it, and start again without what killed it."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vmapify.diagnostic import Site, Verification
from vmapify.verify import workload as workloads
from vmapify.verify.channel import Log
from vmapify.verify.fold import folded, unknown
from vmapify.verify.interpreter import chosen_python, why_unusable
from vmapify.verify.options import VerifyOptions
from vmapify.verify.process import Ended, ending, run_child
from vmapify.verify.workload import Workload

RESTARTS = 4
"""How often a program is started again after a site has killed it."""
GRACE = 2.0
"""Seconds that a program gets to end by itself once every site is judged."""
Progress = Callable[[int, Verification], None]
Numbered = list[tuple[int, Site]]


def judge_sites(
    sites: Sequence[Site], options: VerifyOptions, *, progress: Progress | None = None
) -> dict[int, Verification]:
    """The verification of every site, by its position in ``sites``; ``progress`` is told each as it is known."""
    verifications: dict[int, Verification] = {}
    python = chosen_python(options)
    unusable = why_unusable(python)
    for workload, members in _groups(sites, options, python):
        if unusable is not None:
            found = {key: unknown(unusable) for key, _ in members}
        else:
            found = _Session(workload, members, options, python).judge()
        verifications |= found
        for key, verification in found.items() if progress else ():
            assert progress is not None
            progress(key, verification)
    return dict(sorted(verifications.items()))


def _groups(sites: Sequence[Site], options: VerifyOptions, python: str) -> list[tuple[Workload, Numbered]]:
    numbered = list(enumerate(sites))
    if options.run is not None:
        return [(workloads.recorded(options.run, python), numbered)] if numbered else []
    files: dict[str, Numbered] = {}
    for key, site in numbered:
        files.setdefault(site.path, []).append((key, site))
    if options.inputs is not None:
        return [(workloads.given(path, options, python), members) for path, members in files.items()]
    return [(workloads.module(path, python), members) for path, members in files.items()]


class _Session:
    """Runs of one program until every site that can be judged is."""

    def __init__(self, workload: Workload, sites: Numbered, options: VerifyOptions, python: str) -> None:
        self._workload, self._options, self._python = workload, options, python
        self._pending = dict(sites)
        self._found: dict[int, Verification] = {}

    def judge(self) -> dict[int, Verification]:
        for _ in range(RESTARTS + 1):
            log, ended = self._run()
            self._collect(log)
            culprits = log.judging() & self._pending.keys()
            for key in culprits:
                self._settle(key, self._blamed(key, log, ended))
            if not culprits or not self._pending:
                break
        for key in list(self._pending):
            self._settle(key, unknown(self._why_unreached(key, log, ended)))
        return self._found

    def _run(self) -> tuple[Log, Ended]:
        with tempfile.TemporaryDirectory(prefix="vmapify-") as folder:
            plan, channel = workloads.write_plan(
                Path(folder), self._workload, list(self._pending.items()), self._options
            )
            log = Log(channel)
            ended = run_child(
                self._workload.command,
                workloads.environment(self._workload, plan, self._options, self._python),
                _Limits(log, self._options, set(self._pending), stop=self._workload.stop),
                self._options.memory_limit,
            )
            log.read()
        return log, ended

    def _collect(self, log: Log) -> None:
        for key, reports in log.reports.items():
            self._settle(key, folded(reports))

    def _settle(self, key: int, verification: Verification) -> None:
        self._found[key] = verification
        self._pending.pop(key, None)

    def _blamed(self, key: int, log: Log, ended: Ended) -> Verification:
        """A site during whose judgement the child died; what it had already shown counts."""
        cause = ended.stopped or f"the process {ending(ended.code)} while the site was judged"
        if key in log.provisional:
            report = log.provisional[key]
            return folded([report | {"reason": f"{report['reason']}; with redrawn inputs {cause}"}])
        return unknown(cause)

    def _why_unreached(self, key: int, log: Log, ended: Ended) -> str:
        title = self._workload.title
        if log.problem is not None:
            return log.problem
        if key in log.missing:
            return "the file has changed: no statement starts at the site's line and column"
        package = re.search(r"ModuleNotFoundError: No module named '([^']+)'", ended.output)
        if package is not None:
            name = package.group(1)
            return f"ModuleNotFoundError: {name}; install it into {self._python} or pass --python"
        if ended.stopped is not None:
            return f"never reached by running {title}: {ended.stopped}"
        failed = f" ({ending(ended.code)}{_last_error(ended.output)})" if ended.code else ""
        return f"never reached by running {title}{failed}; {self._advice()}"

    def _advice(self) -> str:
        if self._workload.inputs == "recorded":
            return "run something that executes this loop"
        if self._workload.inputs == "given":
            return "give --inputs for a --function that executes this loop"
        return 'give --run "pytest …" or --inputs FILE.py --function NAME'


class _Limits:
    """Asked repeatedly while a child runs: is there a reason to stop it?"""

    def __init__(self, log: Log, options: VerifyOptions, wanted: set[int], *, stop: bool) -> None:
        self._log, self._options, self._wanted, self._stop = log, options, wanted, stop
        self._start = time.monotonic()
        self._finished: float | None = None

    def __call__(self) -> str | None:
        self._log.read()
        now = time.monotonic()
        if self._log.overdue(self._options.timeout):
            return f"timed out after {self._options.timeout:g} s"
        if now - self._start > self._options.workload_timeout:
            return f"stopped after {self._options.workload_timeout:g} s"
        if self._stop and self._log.done >= self._wanted:
            self._finished = self._finished or now
            return "finished" if now - self._finished > GRACE else None
        return None


def _last_error(output: str) -> str:
    """The last line of the child's output that looks like an exception."""
    lines = re.findall(r"^(?:E +)?([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*)$", output, re.MULTILINE)
    return f", {lines[-1].strip()[:160]}" if lines else ""
