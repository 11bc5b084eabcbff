"""The hook that instrumented code calls: decides whether an arrival is judged, and reports the outcome."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib.util
import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .channel import Channel
from .clock import start_clock
from .importing import Files, install
from .instrument import HOOK
from .late_callbacks import LEFTOVERS
from .left_behind import CURRENT, Footprint
from .plan import Plan, SitePlan, plan_from_environment
from .progress import Progress
from .stages import OWN_TIME, STAGES
from .wall import JUDGED, WALL, tell_audit_hooks, watch_what_starts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from .judge_site import Arrival

ARRIVALS = 3
"""Arrivals on made-up arguments that are judged at one site; what is made up teaches little new after that."""
DESCRIBED = 200
"""Arrivals at an open loop that are described; the verifier looks at all others."""
VISITS = 50
"""Arrivals on made-up arguments that are looked at, at most."""


class AllJudged(BaseException):
    """Ends a run that exists only to reach the sites. Not an Exception, so user code does not swallow it."""


class Watch:
    """Arrivals at the sites of one process. One is judged at a time; other threads of the program wait for it."""

    def __init__(self, plan: Plan, channel: Channel) -> None:
        self._plan = plan
        self._channel = channel
        self._sites = {site.key: site for site in plan.sites}
        self._progress = {site.key: Progress() for site in plan.sites}
        self._done: set[int] = set()
        self._told: set[int] = set()
        self._processes: set[int] = set()
        self._busy = threading.Lock()
        self._visitor: int | None = None
        self._seen: set[int] | None = None
        self._only: int | None = None

    def arrive(self, key: int) -> None:
        """Called right before the first statement of a site."""
        if self._seen is not None:
            self._seen.add(key)
            return
        if key in self._done:
            self._progress[key].visits += 1
            return
        if not self._has_turn(key):
            return
        try:
            with OWN_TIME.paused():
                self._visit(self._sites[key], sys._getframe(1))
        finally:
            self._visitor = None
            self._busy.release()
        if key == self._only:
            raise AllJudged

    def _has_turn(self, key: int) -> bool:
        """Wait while another thread's arrival is judged; what the judge's own runs reach is let through."""
        if threading.get_ident() in JUDGED or threading.get_ident() == self._visitor:
            return False
        if not self._busy.acquire(timeout=self._plan.seconds):
            self._progress[key].unseen += 1
            return False
        self._visitor = threading.get_ident()
        return True

    @contextlib.contextmanager
    def scouting(self) -> Iterator[set[int]]:
        """Only note which sites are reached meanwhile; nothing is judged."""
        self._seen = set()
        try:
            yield self._seen
        finally:
            self._seen = None

    @contextlib.contextmanager
    def ending_at(self, key: int | None) -> Iterator[None]:
        """End what runs meanwhile by AllJudged once the site was reached and judged, if one is named."""
        self._only = key
        try:
            yield
        except AllJudged:
            if key is None:
                raise
        finally:
            self._only = None

    def is_done(self, key: int) -> bool:
        """Whether the site needs no further arrivals."""
        return key in self._done

    def report_visits(self) -> None:
        """Say how often each site was reached, how many arrivals nobody looked at, and how long the program itself ran."""
        for key, progress in self._progress.items():
            if progress.visits:
                self._channel.send("visits", site=key, visits=progress.visits, unseen=progress.unseen)
        self._channel.send("ran", seconds=OWN_TIME.seconds)

    def _visit(self, site: SitePlan, frame: FrameType) -> None:
        from .judge_site import look  # noqa: PLC0415 (jax loads here, not when the workload starts)

        progress = self._progress[site.key]
        progress.visits += 1
        if os.getpid() not in self._processes:
            self._processes.add(os.getpid())
            self._channel.send("arrived", site=site.key)
        if site.asked and not site.after:
            self._describe(site, frame, progress)
            return
        arrival = look(site, frame, progress)
        if arrival is not None:
            self._judge(arrival, progress)
        if self._plan.inputs == "synthesized" and (progress.judged >= ARRIVALS or progress.visits >= VISITS):
            self._done.add(site.key)

    def _describe(self, site: SitePlan, frame: FrameType, progress: Progress) -> None:
        """Say what the values are that a loop finds which only a run can judge."""
        from .describe import described  # noqa: PLC0415

        values, error = attempt(lambda: described(frame, site.asked))
        if error is None:
            self._channel.send("described", site=site.key, values=values)
        if progress.visits >= DESCRIBED:
            self._done.add(site.key)
            self._channel.send("done", site=site.key)

    def _judge(self, arrival: Arrival, progress: Progress) -> None:
        from .judge_site import judge_arrival  # noqa: PLC0415

        key, kind = arrival.site.key, f"{os.getpid()} {progress.number(arrival.found)}"  # processes number their own
        self._channel.send("begin", site=key, kind=kind)
        with STAGES.stage("the rest of judging"):
            report = judge_arrival(arrival, self._plan, progress, self._tell(key, kind), self._keep(key))
        STAGES.tell(self._channel, key)
        if report is not None:
            self._channel.send("verdict", site=key, report=report | {"kind": kind})
        self._channel.send("end", site=key)
        if report is not None:
            self._count(key, report, progress)

    def _count(self, key: int, report: dict[str, Any], progress: Progress) -> None:
        """Note what a report says of its arrival: it was not compared, or the site has a verdict."""
        if report["verdict"] == "inconclusive":
            progress.unseen += not report["agrees"]
        elif key not in self._told:
            self._told.add(key)
            self._channel.send("done", site=key)

    def _tell(self, key: int, kind: str) -> Any:
        return lambda report: self._channel.send("provisional", site=key, report=report | {"kind": kind})

    def _keep(self, key: int) -> Any:
        if not self._plan.store:
            return None
        return lambda stored: self._channel.send("stored", site=key, stored=stored)


def start() -> None:
    """Watch the sites of the plan in this process."""
    plan = plan_from_environment()
    if plan is None:
        return
    channel = Channel(plan)
    channel.send("started", jax=_jax_version())
    if "loops" in plan.call:
        start_clock(plan, channel)
        return
    WALL.lifted = plan.allow_io
    atexit.register(LEFTOVERS.close)
    tell_audit_hooks()
    watch_what_starts()
    watch = Watch(plan, channel)
    OWN_TIME.begin()
    atexit.register(watch.report_visits)  # registered before the program's own, so that it comes last
    setattr(builtins, HOOK, watch.arrive)
    install(Files(plan.sites, lambda keys: _report_missing(channel, keys), plan.replaced))
    if plan.footprint is not None:
        CURRENT.append(Footprint(channel, plan.footprint, str(Path(plan.channel).parent)))
        CURRENT[0].start()


def _report_missing(channel: Channel, keys: set[int]) -> None:
    for key in sorted(keys):
        channel.send("missing", site=key)


def _jax_version() -> str | None:
    """The version of the JAX that would be imported, without importing it: nothing of the user's has run yet."""
    spec, _ = attempt(lambda: importlib.util.find_spec("jax"))
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    text, error = attempt(lambda: (folder / "version.py").read_text("utf-8") if folder else "")
    found = None if error is not None else re.search(r"""^_version\s*=\s*["']([\d.]+)""", text, re.MULTILINE)
    return found[1] if found else None
