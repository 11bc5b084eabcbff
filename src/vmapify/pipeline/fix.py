"""``fix``: verify the rewrites that ``check`` finds, show them as a diff, and write those that hold."""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vmapify.diagnostic import Finding, Problem
from vmapify.pipeline.ask_the_run import answered
from vmapify.pipeline.may_be_written import Choice, decide, needs_judging
from vmapify.pipeline.memory import in_less_memory
from vmapify.pipeline.merge_edits import compatible
from vmapify.pipeline.report_findings import check, report_on
from vmapify.pipeline.rerun import judged_by_workloads
from vmapify.pipeline.rewriting import Rewritten, Roots, rewrite_file
from vmapify.report import Outcome, Report
from vmapify.source import Discovery
from vmapify.source import write as write_back

if TYPE_CHECKING:
    from vmapify.config import Settings
    from vmapify.diagnostic import Edit, Rerun, Site, Verification
    from vmapify.pipeline.ask_the_run import Observe
    from vmapify.pipeline.check import StandardInput
    from vmapify.pipeline.verifier import Workloads
    from vmapify.source import SourceFile

Judge = Callable[[Sequence["Site"]], Sequence["Verification"]]
"""Runs both versions of every site and gives one verification each, in order."""

Accept = Callable[[Finding, str], bool]
"""Asked before each write, with the finding and the diff of it alone."""

OVERLAPS = "it overlaps another rewrite; run `vmapify fix` again when that one is written"


@dataclass(frozen=True, slots=True)
class FileFix:
    """What came of one file's outcomes."""

    outcomes: tuple[Outcome, ...]
    diff: str = ""
    problem: Problem | None = None


def fix(
    paths: tuple[str, ...],
    settings: Settings,
    judge: Judge,
    choice: Choice,
    *,
    write: bool = False,
    jobs: int | None = None,
    accept: Accept | None = None,
    blocked: bool = True,
    cache: str | None = None,
    begun: Callable[[], None] | None = None,
    workloads: Workloads | None = None,
    tick: Callable[[int, int], None] | None = None,
    observe: Observe | None = None,
) -> Report:
    """Check ``paths``, judge what can be written, and write it if ``write``. Raises ConfigError.

    With ``accept`` only what it agrees to is written or shown. ``blocked``, ``begun`` and ``tick`` are as for `check`.
    ``observe`` runs what leads to open loops, which are then judged with what it shows.
    ``workloads`` are the programs that the judge has run, to be run once more with all rewrites in place.
    """
    report = check(paths, settings, jobs=jobs, blocked=blocked, cache=cache, afresh=True, begun=begun, tick=tick)
    roots = Roots(Path(settings.root), report.roots)
    report = answered(report, observe, roots.of) if observe is not None else report
    outcomes, reruns = _judged_as_a_whole(report, _judged(report, judge, choice), choice, workloads, roots)
    fixes = []
    for path, source in report.sources.items():
        own = [outcome for outcome in outcomes if outcome.finding.path == path]
        fixes.append(_fix_file(source, own, roots.of(path), write=write, accept=accept))
    return dataclasses.replace(_fixed(report, fixes), reruns=reruns)


@dataclass(frozen=True, slots=True)
class TextFix:
    """What is to stand in place of a text, byte order mark included, and the rewrites in it by line.

    With ``problems`` it may be the text as it was. ``edits`` lead there, in the bytes behind the byte order mark.
    """

    new: bytes
    edits: tuple[Edit, ...] = ()
    written: tuple[tuple[int, Finding], ...] = ()
    problems: tuple[Problem, ...] = ()


def fix_text(text: StandardInput, settings: Settings, choice: Choice) -> TextFix:
    """What `fix` would write in place of one text, under ``settings``; nothing is run, and nothing written.

    Args:
        text: what the file holds, and its path: callees are followed from there.
        settings: those that govern the file.
        choice: what the user allows; ``unverified`` has to be set.

    Raises:
        ConfigError: the settings name a rule that there is not.
    """
    report = report_on(Discovery(("-",), ()), settings, None, jobs=1, blocked=False, stdin=text)
    ready = [one.finding for one in _judged(report, _nothing_runs, choice) if one.state == "proposed"]
    if not ready:
        return TextFix(text.data, problems=report.problems)
    source = report.sources[text.filename]
    result = rewrite_file(source, ready, Path(settings.root))
    if isinstance(result, Problem):
        return TextFix(text.data, problems=(*report.problems, result))
    written = tuple((source.line_column(finding.loop.start)[0], finding) for finding in ready)
    return TextFix((codecs.BOM_UTF8 if source.bom else b"") + result.new, result.edits, written, report.problems)


def _nothing_runs(sites: Sequence[Site]) -> Sequence[Verification]:
    raise AssertionError(f"{len(sites)} sites were to be run, and none may be")


def _judged_as_a_whole(
    report: Report, outcomes: list[Outcome], choice: Choice, workloads: Workloads | None, roots: Roots
) -> tuple[list[Outcome], tuple[Rerun, ...]]:
    """The outcomes after the programs were run with all rewrites in place, and those too that only such a run can confirm."""
    if workloads is None:
        return outcomes, ()
    hoped = dataclasses.replace(choice, confirmed=True)
    decided = [decide(one.finding, hoped) for one in outcomes]
    tried = [new if one.state == "left" != new.state else one for one, new in zip(outcomes, decided, strict=True)]
    found, reruns, confirmed = judged_by_workloads(tried, report.sources, roots, workloads.ran, workloads.run)
    sure = {id(finding) for finding in confirmed}
    waited = {id(one.finding): one for one in outcomes if one.state == "left" and id(one.finding) not in sure}
    return [waited.get(id(one.finding), one) if one.state == "proposed" else one for one in found], reruns


def _fix_file(
    source: SourceFile, outcomes: Sequence[Outcome], root: Path, *, write: bool, accept: Accept | None
) -> FileFix:
    if accept is not None:
        outcomes = [_asked(outcome, source, root, accept) for outcome in outcomes]
    ready = [outcome.finding for outcome in outcomes if outcome.state == "proposed"]
    if not ready:
        return FileFix(tuple(outcomes))
    result = rewrite_file(source, ready, root)
    problem = result if isinstance(result, Problem) else None
    if isinstance(result, Rewritten) and write:
        problem = write_back(source, result.new)
    if problem is not None:
        return FileFix(_settled(outcomes, "left", problem.message), problem=problem)
    done = _settled(outcomes, "written") if write else tuple(outcomes)
    return FileFix(done, result.diff if isinstance(result, Rewritten) else "")


def _asked(outcome: Outcome, source: SourceFile, root: Path, accept: Accept) -> Outcome:
    """The outcome after the user was shown the diff of it alone."""
    if outcome.state != "proposed":
        return outcome
    alone = rewrite_file(source, [outcome.finding], root)
    if isinstance(alone, Problem) or accept(outcome.finding, alone.diff):
        return outcome
    return Outcome(outcome.finding, "left", "you kept the loop")


def _settled(outcomes: Sequence[Outcome], state: Literal["written", "left"], why: str = "") -> tuple[Outcome, ...]:
    """The proposed outcomes in their final state, the others as they were."""
    return tuple(
        dataclasses.replace(outcome, state=state, why=why or outcome.why) if outcome.state == "proposed" else outcome
        for outcome in outcomes
    )


def _judged(report: Report, judge: Judge, choice: Choice) -> list[Outcome]:
    """An outcome for every open finding, in order, with its verification attached."""
    kept: list[Finding] = []
    dropped: list[Finding] = []
    for path in report.sources:
        together, apart = compatible([finding for finding in report.open_findings if finding.path == path])
        kept += together
        dropped += apart
    done = in_less_memory(verified(kept, judge, choice), lambda findings: verified(findings, judge, choice))
    outcomes = [decide(finding, choice) for finding in done]
    outcomes += [Outcome(finding, "left", OVERLAPS) for finding in dropped]
    order = {path: rank for rank, path in enumerate(report.sources)}
    return sorted(outcomes, key=lambda outcome: (order[outcome.finding.path], outcome.finding.loop))


def verified(findings: Sequence[Finding], judge: Judge, choice: Choice) -> list[Finding]:
    """The findings, those that need judging with their verification."""
    wanted = [finding for finding in findings if needs_judging(finding, choice)]
    sites = [
        dataclasses.replace(
            finding.site, assumed=tuple(sorted({assumption.code for assumption in finding.assumptions}))
        )
        for finding in wanted
        if finding.site is not None
    ]
    verdicts = iter(judge(sites) if sites else ())
    return [
        dataclasses.replace(finding, verification=next(verdicts)) if needs_judging(finding, choice) else finding
        for finding in findings
    ]


def _fixed(report: Report, fixes: Sequence[FileFix]) -> Report:
    """The report of ``check`` turned into that of ``fix``."""
    outcomes = tuple(outcome for done in fixes for outcome in done.outcomes)
    judged = {(o.finding.path, o.finding.loop, o.finding.code): o.finding for o in outcomes}
    problems = tuple(done.problem for done in fixes if done.problem is not None)
    return dataclasses.replace(
        report,
        command="fix",
        findings=tuple(judged.get((f.path, f.loop, f.code), f) for f in report.findings),
        outcomes=outcomes,
        problems=report.problems + problems,
        diff="".join(done.diff for done in fixes),
    )
