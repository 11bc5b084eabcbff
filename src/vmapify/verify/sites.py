"""Judge sites: run the program that leads to them, and start it again without the site that killed it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Problem, Site, Verification
from vmapify.source import read
from vmapify.verify import workload as workloads
from vmapify.verify.combine_reports import cut_short, folded, unknown, weighed
from vmapify.verify.definitions_only import only_defines
from vmapify.verify.interpreter import usable_python, why_unusable
from vmapify.verify.launch import launch
from vmapify.verify.process import Ended, ending
from vmapify.verify.rerun import Ran, footprint_of
from vmapify.verify.why_unreached import demand_evidence, instead, last_exception, missing_package

if TYPE_CHECKING:
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.warm_child import Spare
    from vmapify.verify.workload import Workload

RESTARTS = 4
"""How often a program is started again after a site has killed it, for each of its files."""
Progress = Callable[[int, Verification], None]
Stored = dict[int, list[dict[str, Any]]]
"""What each judgement ran on, as plain data, by site."""
Numbered = list[tuple[int, Site]]


def judge_sites(
    sites: Sequence[Site],
    options: VerifyOptions,
    *,
    progress: Progress | None = None,
    stored: Stored | None = None,
    spare: Spare | None = None,
    ran: list[Ran] | None = None,
) -> dict[int, Verification]:
    """The verification of every site, by position in ``sites``; ``progress`` is told each as it is known.

    ``ran`` gets the programs that led to some of them, with what they left. ``stored`` gets the inputs of every site that
    was judged, if ``options`` ask for them. ``spare`` may have a child ready that was started with the same options.
    """
    verifications: dict[int, Verification] = {}
    python = usable_python(options).python
    unusable = why_unusable(python, options.runner)

    def settle(found: dict[int, Verification]) -> None:
        verifications.update(found)
        for key, verification in found.items() if progress else ():
            assert progress is not None
            progress(key, verification)

    last = _Attempts()
    for programs, members in programs_for(sites, options, python):
        obstacle = unusable or (programs if isinstance(programs, str) else None)
        if obstacle is not None or isinstance(programs, str):
            settle({key: unknown(obstacle or "") for key, _ in members})
            continue
        attempts = _Attempts(members)
        for program in programs:
            settle(attempts.run(program, options, python))
        last.take_over(attempts, [site for site in attempts.pending if _callable(site[1], options)])
        settle(attempts.given_up())
        last.stored |= attempts.stored
        if ran is not None:
            ran += attempts.ran
    for members in _by_root(last.pending):
        workload = workloads.made_up(list(dict.fromkeys(site.path for _, site in members)), python)
        settle(last.run(workload, options, python, members, spare))
    settle(last.given_up())
    if stored is not None:
        stored |= last.stored
    return dict(sorted(verifications.items()))


class _Attempts:
    """Sites that no program has led to so far, and what was tried for each."""

    def __init__(self, members: Numbered | None = None) -> None:
        self.pending = list(members or ())
        self.stored: Stored = {}
        self.ran: list[Ran] = []
        self._tried: dict[int, str] = {}
        self._advice: dict[int, str] = {}

    def run(
        self,
        program: Workload,
        options: VerifyOptions,
        python: str,
        members: Numbered | None = None,
        spare: Spare | None = None,
    ) -> dict[int, Verification]:
        """The verification of those of the pending sites (or of some of them) that the program leads to."""
        session = _Session(program, self.pending if members is None else members, options, python)
        found = {key: _remarked(one, instead(program, options)) for key, one in session.judge(spare).items()}
        if session.ran is not None:
            self.ran.append(session.ran)
        self.stored |= {key: inputs for key, inputs in session.stored.items() if key in found}
        for key, why in session.unreached.items():
            self._tried[key] = f"{self._tried[key]}; {why}" if key in self._tried else f"never reached by running {why}"
            self._advice[key] = session.advice()
        self.pending = [(key, site) for key, site in self.pending if key not in found]
        return found

    def take_over(self, other: _Attempts, members: Numbered) -> None:
        """Go on with some of another's sites."""
        self.pending += members
        other.pending = [member for member in other.pending if member not in members]
        self._tried |= other._tried
        self._advice |= other._advice

    def given_up(self) -> dict[int, Verification]:
        """No verdict on what is left, and what was tried."""
        return {key: unknown(f"{self._tried[key]}; {self._advice[key]}") for key, _ in self.pending}


def programs_for(
    sites: Sequence[Site], options: VerifyOptions, python: str
) -> list[tuple[tuple[Workload, ...] | str, Numbered]]:
    """The programs to run, each with the sites it leads to; a line instead of a program that cannot be run."""
    recorded: Numbered = []
    files: dict[str, Numbered] = {}
    for key, site in enumerate(sites):
        # whatever the workload is, it does not run notebooks in a way that could be watched
        apart = options.run is None or site.cell is not None
        (files.setdefault(site.path, []) if apart else recorded).append((key, site))
    found: list[tuple[tuple[Workload, ...] | str, Numbered]] = []
    if options.run is not None and recorded:
        found.append(((workloads.recorded(options.run, python, options.runner),), recorded))
    return found + [
        (_programs(path, [site for _, site in members], options, python), members) for path, members in files.items()
    ]


def _remarked(verification: Verification, remark: str) -> Verification:
    reason = "; ".join(filter(None, (remark, verification.reason)))
    return dataclasses.replace(verification, reason=reason) if remark else verification


def _callable(site: Site, options: VerifyOptions) -> bool:
    """Whether the function that holds a site may be called on made-up arguments where nothing else leads there."""
    return site.cell is None and Path(site.path).suffix == ".py" and options.inputs is None


def _by_root(members: Numbered) -> list[Numbered]:
    """Files below one folder of ``sys.path`` share a process: there is one module of every name."""
    found: dict[str, Numbered] = {}
    for key, site in members:
        found.setdefault(workloads.root_of(site.path), []).append((key, site))
    return list(found.values())


def _programs(path: str, sites: Sequence[Site], options: VerifyOptions, python: str) -> tuple[Workload, ...] | str:
    """What leads to the sites of a file before they are called on made-up arguments; a line that says why nothing does."""
    if sites[0].cell is not None:
        source = read(path)
        return source.message if isinstance(source, Problem) else (workloads.notebook(source, options, python),)
    if Path(path).suffix != ".py":
        return f'{path} is not a Python file that can be run; give --run "…" with a program that runs the loop'
    if options.inputs is not None:
        return (workloads.given(path, options, python),)
    outermost = [(site.function or "").partition(".")[0] for site in sites]
    if workloads.holds_tests(path):
        return (workloads.tests(path, python, outermost),)
    if all(outermost) and (workloads.is_packaged(path) or only_defines(path)):
        return ()
    return (workloads.module(path, python),)


class _Session:
    """Runs of one program until every site that can be judged is."""

    def __init__(self, workload: Workload, sites: Numbered, options: VerifyOptions, python: str) -> None:
        self._workload, self._options, self._python = workload, options, python
        if workload.inputs != "synthesized":
            watched = sorted({str(Path(site.path).absolute()) for _, site in sites})
            self._workload = dataclasses.replace(workload, watched=watched)
        self._sites, self._pending = dict(sites), dict(sites)
        self.ran: Ran | None = None
        self._found: dict[int, Verification] = {}
        self.unreached: dict[int, str] = {}
        self.stored: Stored = {}

    def judge(self, spare: Spare | None) -> dict[int, Verification]:
        """The verification of every site that was reached; ``unreached`` says of the others why they were not."""
        for _ in range(RESTARTS * self._workload.files + 1):
            start = time.monotonic()
            log, ended = launch(self._workload, list(self._pending.items()), self._options, self._python, spare)
            if not self._found:
                demand_evidence(self._workload, log, ended, self._options, self._python)
            culprits = log.judging() & self._pending.keys()
            self.stored |= log.stored
            for key in culprits:
                cut = cut_short(log.shown(key), ended, "the site", log.kind_begun(key))
                self._settle(key, self._weighed(cut, key, log))
            for key in log.reports.keys() - culprits:
                self._settle(
                    key,
                    self._weighed(folded(log.reports[key], made_up=self._workload.inputs == "synthesized"), key, log),
                )
            # a program that died on its way through many files has not come to those behind
            died = not log.over and (ended.code or ended.stopped)
            stuck = log.underway if died and not culprits else set()
            if not (culprits or stuck) or not self._pending:
                break
            self._leave((log.unreached.keys() | stuck) & self._pending.keys(), log, ended)
            if not self._pending:
                break
        self._leave(set(self._pending), log, ended)
        led_to = tuple(self._sites[key] for key in self._found)
        if led_to and self._workload.watched is not None:
            self.ran = Ran(self._workload, led_to, time.monotonic() - start, footprint_of(log, ended))
        return self._found

    def _weighed(self, verification: Verification, key: int, log: Log) -> Verification:
        """With how often the run came to the loop; if it is one of the user's at its real size, that weighs its times."""
        if self._workload.inputs == "synthesized":
            return verification
        if log.problem and verification.verdict == "inconclusive" and self._workload.call.get("mode") == "notebook":
            verification = dataclasses.replace(verification, reason=f"{verification.reason}; {log.problem}")
        arrivals, unseen = log.visits.get(key, (None, 0))
        verification = dataclasses.replace(verification, arrivals=arrivals, unseen=unseen, more=log.open_ended)
        calls = max(arrivals or 0, len(log.reports.get(key, ())))
        return weighed(verification, calls, log.ran or None) if self._workload.real else verification

    def _leave(self, keys: set[int], log: Log, ended: Ended) -> None:
        """Try no more to reach some sites by this program."""
        for key in sorted(keys):
            problem = log.unreached.get(key, f"{log.problem}\n{ended.output}")
            final = (
                "the file has changed: no statement starts at the site's line and column"
                if key in log.missing
                else missing_package(problem, self._python)
            )
            if final is not None:
                self._settle(key, unknown(final))
            else:
                self.unreached[key] = self._why_unreached(key, log, ended)
                self._pending.pop(key, None)

    def _settle(self, key: int, verification: Verification) -> None:
        self._found[key] = verification
        self._pending.pop(key, None)

    def _why_unreached(self, key: int, log: Log, ended: Ended) -> str:
        title, problem = self._workload.title, log.unreached.get(key, log.problem)
        if problem is not None or ended.stopped is not None:
            return f"{title}: {problem or ended.stopped}"
        error = last_exception(ended.output)
        return f"{title} ({ending(ended.code)}{f', {error}' if error else ''})" if ended.code else title

    def advice(self) -> str:
        """What the user can do about a loop that is not reached."""
        if self._workload.inputs == "recorded":
            return "run something that executes this loop"
        if self._workload.inputs == "given":
            return "give --inputs for a --function that executes this loop"
        return 'give --run "pytest …" or --inputs FILE.py --function NAME'
