"""Judge sites: run the program that leads to them, and start it again without the site that killed it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Site, Verification
from vmapify.source import read
from vmapify.verify import workload as workloads
from vmapify.verify.channel import Log
from vmapify.verify.fold import folded, unknown
from vmapify.verify.interpreter import chosen_python, why_unusable
from vmapify.verify.process import Ended, ending, run_child
from vmapify.verify.unreached import last_exception, missing_package
from vmapify.verify.watchdog import Watchdog

if TYPE_CHECKING:
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.workload import Workload

RESTARTS = 4
"""How often a program is started again after a site has killed it."""
Progress = Callable[[int, Verification], None]
Numbered = list[tuple[int, Site]]


def judge_sites(
    sites: Sequence[Site], options: VerifyOptions, *, progress: Progress | None = None
) -> dict[int, Verification]:
    """The verification of every site, by position in ``sites``; ``progress`` is told each as it is known."""
    verifications: dict[int, Verification] = {}
    python = chosen_python(options)
    unusable = why_unusable(python)
    for workload, members in _groups(sites, options, python):
        obstacle = unusable or (workload if isinstance(workload, str) else None)
        if obstacle is not None or isinstance(workload, str):
            found = {key: unknown(obstacle or "") for key, _ in members}
        else:
            found = _Session(workload, members, options, python).judge()
        verifications |= found
        for key, verification in found.items() if progress else ():
            assert progress is not None
            progress(key, verification)
    return dict(sorted(verifications.items()))


def _groups(sites: Sequence[Site], options: VerifyOptions, python: str) -> list[tuple[Workload | str, Numbered]]:
    """The programs to run, each with the sites it leads to; a line instead of a program that cannot be run."""
    recorded: Numbered = []
    files: dict[str, Numbered] = {}
    for key, site in enumerate(sites):
        # whatever the workload is, it does not run notebooks in a way that could be watched
        apart = options.run is None or site.cell is not None
        (files.setdefault(site.path, []) if apart else recorded).append((key, site))
    found: list[tuple[Workload | str, Numbered]] = []
    if options.run is not None and recorded:
        found.append((workloads.recorded(options.run, python), recorded))
    return found + [(_program(path, members[0][1], options, python), members) for path, members in files.items()]


def _program(path: str, site: Site, options: VerifyOptions, python: str) -> Workload | str:
    """What runs a file, or calls the function that inputs are given for; a line that says why nothing does."""
    if site.cell is not None:
        source = read(path)
        return source.message if isinstance(source, Problem) else workloads.notebook(source, options, python)
    if Path(path).suffix != ".py":
        return f'{path} is not a Python file that can be run; give --run "…" with a program that runs the loop'
    return workloads.given(path, options, python) if options.inputs is not None else workloads.module(path, python)


class _Session:
    """Runs of one program until every site that can be judged is."""

    def __init__(self, workload: Workload, sites: Numbered, options: VerifyOptions, python: str) -> None:
        self._workload, self._options, self._python = workload, options, python
        self._pending = dict(sites)
        self._found: dict[int, Verification] = {}

    def judge(self) -> dict[int, Verification]:
        for _ in range(RESTARTS + 1):
            log, ended = self._run()
            culprits = log.judging() & self._pending.keys()
            for key in culprits:
                self._settle(key, self._blamed(key, log, ended))
            for key in log.reports.keys() - culprits:
                self._settle(key, folded(log.reports[key]))
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
                Watchdog(log, self._options, set(self._pending), stop=self._workload.stop),
                self._options.memory_limit,
            )
            log.read()
        return log, ended

    def _settle(self, key: int, verification: Verification) -> None:
        self._found[key] = verification
        self._pending.pop(key, None)

    def _blamed(self, key: int, log: Log, ended: Ended) -> Verification:
        """A site during whose judgement the child died; what it had already shown counts."""
        cause = ended.stopped or f"the process {ending(ended.code)} while the site was judged"
        shown = log.shown(key)
        if not shown:
            return unknown(cause)
        return folded([report | {"reason": f"{report['reason']}; then {cause}"} for report in shown])

    def _why_unreached(self, key: int, log: Log, ended: Ended) -> str:
        title, log_problem = self._workload.title, log.problem
        if key in log.missing:
            return "the file has changed: no statement starts at the site's line and column"
        package = missing_package(f"{log_problem}\n{ended.output}", self._python)
        if package is not None:
            return package
        if log_problem is not None or ended.stopped is not None:
            return f"never reached by running {title}: {log_problem or ended.stopped}"
        error = last_exception(ended.output)
        failed = f" ({ending(ended.code)}{f', {error}' if error else ''})" if ended.code else ""
        return f"never reached by running {title}{failed}; {self._advice()}"

    def _advice(self) -> str:
        if self._workload.inputs == "recorded":
            return "run something that executes this loop"
        if self._workload.inputs == "given":
            return "give --inputs for a --function that executes this loop"
        return 'give --run "pytest …" or --inputs FILE.py --function NAME'
