"""The last judge of ``fix``: every program that led to a rewrite is run once more with all rewrites in place.

They were judged one by one; what they do together, and to what no loop shows, only the whole program tells.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Rerun
from vmapify.pipeline.rewriting import Roots, rewrite_file
from vmapify.report import Outcome
from vmapify.source import SourceFile
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmapify.diagnostic import Finding, Site
    from vmapify.verify import Difference, Footprint, Ran

Run = Callable[["Ran", Sequence[SourceFile]], "Footprint | str"]
"""Runs a program with some files changed; a text if it does not end by itself, which says why."""

MOST_RUNS = 16
"""Runs of one program for finding out which rewrites it does not bear."""
SHOWN = 3


def judged_by_workloads(
    outcomes: Sequence[Outcome], sources: Mapping[str, SourceFile], roots: Roots, ran: Sequence[Ran], run: Run
) -> tuple[list[Outcome], tuple[Rerun, ...], list[Finding]]:
    """The outcomes after every program of ``ran`` was run with what is proposed, what that showed, and what it confirmed."""
    found = list(outcomes)
    reruns: list[Rerun] = []
    confirmed: list[Finding] = []
    for program in _by_title(ran):
        trial = _Trial(program, sources, roots, run)
        proposed = [one.finding for one in found if one.state == "proposed" and one.finding.verdict == "rewrite"]
        if any(trial.leads_to(finding) for finding in proposed):
            left, rerun = trial.judge(proposed)
            found = [_left(outcome, left) for outcome in found]
            reruns.append(rerun)
            sure = rerun.agrees and trial.is_telling()
            confirmed += [finding for finding in proposed if sure and trial.leads_to(finding)]
    return found, tuple(reruns), confirmed


def _by_title(ran: Sequence[Ran]) -> list[Ran]:
    """Every program once, as it ran last, with the sites of all its runs."""
    found: dict[str, Ran] = {}
    for one in ran:
        known = found.get(one.workload.title)
        found[one.workload.title] = one if known is None else dataclasses.replace(one, sites=(*known.sites, *one.sites))
    return list(found.values())


def _left(outcome: Outcome, left: Sequence[tuple[Finding, str]]) -> Outcome:
    why = next((why for finding, why in left if finding is outcome.finding), None)
    return outcome if why is None else Outcome(outcome.finding, "left", why)


class _Trial:
    """One program, run with some rewrites at a time."""

    def __init__(self, program: Ran, sources: Mapping[str, SourceFile], roots: Roots, run: Run) -> None:
        self._program, self._sources, self._roots, self._run = program, sources, roots, run
        self._title = program.workload.typed or program.workload.title
        self._last: Footprint | None = None
        self._places = {_place(site) for site in program.sites}
        self._before = program.left
        self._again: Footprint | None = None
        self._runs = 0

    def leads_to(self, finding: Finding) -> bool:
        """Whether the finding's loop was judged while the program ran."""
        return finding.site is not None and _place(finding.site) in self._places

    def is_telling(self) -> bool:
        """Whether a run that agrees shows anything."""
        from vmapify.verify import is_telling  # noqa: PLC0415 - only what runs code pays for it

        return not isinstance(self._before, str) and is_telling(self._before, self._again)

    def judge(self, proposed: Sequence[Finding]) -> tuple[list[tuple[Finding, str]], Rerun]:
        """The findings that must be left, with the reason, and what the program did."""
        if isinstance(self._before, str):
            return [], Rerun(self._title, skipped=self._before)
        found = self._tried(proposed)
        for look in (self._take_plain_run, self._take_another_run):
            if found and self._last is not None:
                look()
                found = self._compared(self._last, proposed)
        left = self._culprits(list(proposed), found) if found else []
        agrees = len(left) < len(proposed)
        told, (values, files, rest) = self._before.told(), self._before.compared()
        after = told if agrees else ""
        return left, Rerun(self._title, told, after, agrees, "", self._aside(), values, files, rest)

    def _aside(self) -> tuple[str, ...]:
        from vmapify.verify import differences  # noqa: PLC0415

        if self._again is None or isinstance(self._before, str):
            return ()
        return tuple(dict.fromkeys(_told(one) for one in differences(self._before, self._again)))[:SHOWN]

    def _take_plain_run(self) -> None:
        """Compare with a run in which nothing was judged: judging calls what it judges many times, which libraries may count."""
        plain = self._run(self._program, ())
        self._before = self._before if isinstance(plain, str) else plain

    def _take_another_run(self) -> None:
        """Learn from one more run of the program as it is what changes from run to run."""
        again = self._run(self._program, ())
        self._again = None if isinstance(again, str) else again

    def _tried(self, findings: Sequence[Finding]) -> list[str]:
        """What is not as before with these rewrites in place, worst first."""
        self._runs += 1
        new = [_rewritten(source, findings, self._roots.of(source.path)) for source in self._sources.values()]
        after = self._run(self._program, [source for source in new if source is not None])
        self._last = None if isinstance(after, str) else after
        return [f"it does not end by itself ({after})"] if isinstance(after, str) else self._compared(after, findings)

    def _compared(self, after: Footprint, findings: Sequence[Finding]) -> list[str]:
        from vmapify.verify import apart  # noqa: PLC0415

        assert not isinstance(self._before, str)
        return [one.text for one in apart(self._before, after, self._again, _gone(findings))]

    def _culprits(self, proposed: list[Finding], found: list[str]) -> list[tuple[Finding, str]]:
        """The rewrites without which the program does what it did."""
        left: list[tuple[Finding, str]] = []
        while found:
            group, why = self._smallest(proposed, found[0]) if self._runs < MOST_RUNS else (proposed, found[0])
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
    """Names of modules that the rewrites no longer bind (lists of rows, loop variables), as footprints call them."""
    sites = [finding.site for finding in findings if finding.site is not None and finding.function is None]
    return frozenset(
        name if site.cell is not None else f"{name} of {Path(site.path).resolve()}"
        for site in sites
        for name in _bound(site.before) - _bound(site.after)
    )


def _bound(text: str) -> set[str]:
    return {node.id for node in walk(ast.parse(text)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _told(difference: Difference) -> str:
    kind, *rest = difference.where
    return {"prints": "printed text", "leaves": str(rest[-1]) if rest else "values", "writes": "files written"}.get(
        str(kind), str(kind)
    )
