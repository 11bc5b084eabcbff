"""The last judge of ``fix``: every program that led to a rewrite is run once more with all rewrites in place.

They were judged one by one; what they do together, and to what no loop shows, only the whole program tells.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Rerun
from vmapify.pipeline.rewriting import rewrite_file
from vmapify.report import Outcome
from vmapify.source import SourceFile
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vmapify.diagnostic import Finding, Site
    from vmapify.verify import Difference, Footprint, Ran

Run = Callable[["Ran", Sequence[SourceFile]], "Footprint | None"]
"""Runs a program with some files changed; None if it does not end in time."""

MOST_RUNS = 16
"""Runs of one program for finding out which rewrites it does not bear."""
SHOWN = 3
SLOW = "it does not end in time"


def judged_by_workloads(
    outcomes: Sequence[Outcome], sources: Mapping[str, SourceFile], root: Path, ran: Sequence[Ran], run: Run
) -> tuple[list[Outcome], tuple[Rerun, ...], list[Finding]]:
    """The outcomes after every program of ``ran`` was run with what is proposed, what that showed, and what it confirmed."""
    found = list(outcomes)
    reruns: list[Rerun] = []
    confirmed: list[Finding] = []
    for program in {one.workload.title: one for one in ran}.values():
        trial = _Trial(program, sources, root, run)
        proposed = [one.finding for one in found if one.state == "proposed" and one.finding.verdict == "rewrite"]
        if any(trial.leads_to(finding) for finding in proposed):
            left, rerun = trial.judge(proposed)
            found = [_left(outcome, left) for outcome in found]
            reruns.append(rerun)
            confirmed += [finding for finding in proposed if rerun.agrees and trial.leads_to(finding)]
    return found, tuple(reruns), confirmed


def _left(outcome: Outcome, left: Sequence[tuple[Finding, str]]) -> Outcome:
    why = next((why for finding, why in left if finding is outcome.finding), None)
    return outcome if why is None else Outcome(outcome.finding, "left", why)


class _Trial:
    """One program, run with some rewrites at a time."""

    def __init__(self, program: Ran, sources: Mapping[str, SourceFile], root: Path, run: Run) -> None:
        self._program, self._sources, self._root, self._run = program, sources, root, run
        self._title = program.workload.typed or program.workload.title
        self._places = {_place(site) for site in program.sites}
        self._before = program.left
        self._aside: list[Difference] = []
        self._runs = 0

    def leads_to(self, finding: Finding) -> bool:
        """Whether the finding's loop was judged while the program ran."""
        return finding.site is not None and _place(finding.site) in self._places

    def judge(self, proposed: Sequence[Finding]) -> tuple[list[tuple[Finding, str]], Rerun]:
        """The findings that must be left, with the reason, and what the program did."""
        title = self._title
        if self._before is None:
            return [], Rerun(title, skipped=self._program.why)
        after = self._footprint(proposed)
        if after is None:
            return [(one, self._why(SLOW, 1)) for one in proposed if self.leads_to(one)], Rerun(
                title, self._before.told()
            )
        for look in (self._take_plain_run, self._set_aside):
            if self._compared(after, proposed):
                look()
        before, found = self._before, self._compared(after, proposed)
        aside = tuple(dict.fromkeys(_told(one) for one in self._aside))[:SHOWN]
        left = self._culprits(list(proposed), found) if found else []
        agrees = len(left) < len(proposed)
        return left, Rerun(title, before.told(), before.told() if agrees else "", agrees=agrees, aside=aside)

    def _take_plain_run(self) -> None:
        """Compare with a run in which nothing was judged: judging calls what it judges many times, which libraries may count."""
        self._before = self._run(self._program, ()) or self._before

    def _set_aside(self) -> None:
        """Learn from one more run of the program as it is what changes from run to run."""
        from vmapify.verify import differences  # noqa: PLC0415 - only what runs code pays for it

        again = self._run(self._program, ())
        if again is not None and self._before is not None:
            self._aside = differences(self._before, again, frozenset())

    def _footprint(self, findings: Sequence[Finding]) -> Footprint | None:
        self._runs += 1
        new = [_rewritten(source, findings, self._root) for source in self._sources.values()]
        return self._run(self._program, [source for source in new if source is not None])

    def _compared(self, after: Footprint | None, findings: Sequence[Finding]) -> list[str]:
        """What is not as before, worst first."""
        from vmapify.verify import apart, differences  # noqa: PLC0415

        if after is None:
            return [SLOW]
        assert self._before is not None
        found = differences(self._before, after, _gone(findings))
        return [one.text for one in apart(found, self._aside)]

    def _culprits(self, proposed: list[Finding], found: list[str]) -> list[tuple[Finding, str]]:
        """The rewrites without which the program does what it did."""
        left: list[tuple[Finding, str]] = []
        while found:
            group, why = self._smallest(proposed, found[0])
            left += [(finding, self._why(why, len(group))) for finding in group]
            proposed = [finding for finding in proposed if not any(finding is one for one in group)]
            if not proposed:
                break
            found = self._tried(proposed)
        return left

    def _smallest(self, group: list[Finding], why: str) -> tuple[list[Finding], str]:
        """A smallest group of rewrites that makes a difference, and which one: ever smaller parts are taken out of it."""
        size = len(group) // 2
        while size and self._runs < MOST_RUNS:
            parts = (group[:start] + group[start + size :] for start in range(0, len(group), size))
            smaller = next(((rest, found[0]) for rest in parts if rest and (found := self._tried(rest))), None)
            if smaller is None:
                size //= 2
            else:
                (group, why), size = smaller, min(size, len(smaller[0]) // 2)
        return group, why

    def _tried(self, findings: Sequence[Finding]) -> list[str]:
        return self._compared(self._footprint(findings), findings)

    def _why(self, why: str, together: int) -> str:
        others = f" and {together - 1} more" if together > 1 else ""
        return f"with it{others}, `{self._title}` is not what it was: {why}"


def _rewritten(source: SourceFile, findings: Sequence[Finding], root: Path) -> SourceFile | None:
    own = [finding for finding in findings if finding.path == source.path]
    result = rewrite_file(source, own, root) if own else None
    return None if result is None or isinstance(result, Problem) else result.after


def _place(site: Site) -> tuple[str, int | None, int, int, str]:
    return site.path, site.cell, site.line, site.column, site.after


def _gone(findings: Sequence[Finding]) -> frozenset[str]:
    """Names of modules that the rewrites no longer bind: lists of rows, loop variables."""
    sites = [finding.site for finding in findings if finding.site is not None and finding.function is None]
    return frozenset(name for site in sites for name in _bound(site.before) - _bound(site.after))


def _bound(text: str) -> set[str]:
    return {node.id for node in walk(ast.parse(text)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _told(difference: Difference) -> str:
    kind, *rest = difference.where
    return {"prints": "printed text", "leaves": str(rest[-1]) if rest else "values", "writes": "files written"}.get(
        str(kind), str(kind)
    )
