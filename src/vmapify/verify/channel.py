"""Read what the worker reports: JSON lines in a file that several processes append to."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from typing import TYPE_CHECKING, Any

from vmapify.verify.message_check import MESSAGES, REPORT, UNSOUND, Report, fits, why_implausible, why_malformed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DISTURBED = "reports of the judge were lost: the code that was run writes to files or descriptors that are not its own"


class Log:
    """Everything reported so far, by site; per process the site that it is judging and since when.

    ``ready``: a child that had waited for its plan goes on with it.
    ``underway`` are the sites of the file that a program of many has come to, ``turned`` is when it did.
    ``footprints``: what the processes of a program leave.
    ``described``: what arrivals at open loops found.
    ``visits``: how often each site was reached, and how many of these arrivals nobody looked at.
    ``timed``: what each process said last of the time that it spent in a loop.
    ``ran``: the seconds that the processes ran, judging not counted.
    ``blamed`` is the option that ``problem`` comes from, if the child knows that.
    Lines that the judge did not sign with ``key`` do not count, nor do those on sites that were not ``asked`` for (with
    whether they have a batch axis). A report that no judge would write makes its site inconclusive.
    """

    def __init__(self, path: Path, key: str, asked: Mapping[int, bool]) -> None:
        self.reports: dict[int, list[Report]] = {}
        self.provisional: dict[int, Report] = {}
        self.stored: dict[int, list[dict[str, Any]]] = {}
        self.missing: set[int] = set()
        self.done: set[int] = set()
        self.unreached: dict[int, str] = {}
        self.problem: str | None = None
        self.blamed: str | None = None
        self.over = self.ready = False
        self.underway: set[int] = set()
        self.turned: float | None = None
        self.stages: list[dict[str, Any]] = []
        self.described: dict[int, list[dict[str, Any]]] = {}
        self.visits: dict[int, tuple[int, int]] = {}
        self.timed: dict[tuple[int, int], dict[str, Any]] = {}
        self.footprints: list[dict[str, Any]] = []
        self.ran = 0.0
        self._arrived: set[int] = set()
        self._closed: set[int] = set()
        self._kinds: dict[int, Any] = {}
        self._begun: dict[int, tuple[int, float]] = {}
        self._path, self._key, self._offset = path, key.encode(), 0
        self._asked, self._jax = asked, set[str | None]()
        self.outcomes: dict[str, dict[str, Any]] = {}
        self._numbers: dict[int, set[int]] = {}
        self._cut = False

    def read(self) -> None:
        """Take in the complete lines that are new."""
        if not self._path.exists():
            return
        with self._path.open("rb") as stream:
            self._cut = self._cut or stream.seek(0, os.SEEK_END) < self._offset
            stream.seek(self._offset)
            data = stream.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.split(b"\n"):
            message = self._parsed(line)
            if message is not None:
                self._numbers.setdefault(message["pid"], set()).add(message["number"])
                self._take(message)

    def mistrust(self) -> None:
        """If something the judge said was lost, for judged code wrote into its reports, believe no good word."""
        lost = self._cut or any(len(seen) < max(seen) for seen in self._numbers.values())
        for reports in self.reports.values() if lost else ():
            reports[:] = [_without_trust(report) for report in reports]
        if lost:
            self.provisional.clear()
            self.problem = self.problem or DISTURBED

    def overdue(self, seconds: float) -> set[int]:
        """The sites that have been judged for longer than this."""
        now = time.monotonic()
        return {site for site, since in self._begun.values() if now - since > seconds}

    def judging(self) -> set[int]:
        """The sites whose judgement has begun and not ended."""
        return {site for site, _ in self._begun.values()}

    def shown(self, site: int) -> list[Report]:
        """The reports on a site, the provisional one of an unfinished judgement included."""
        unfinished = self.provisional.get(site)
        return [*self.reports.get(site, ()), *([unfinished] if unfinished else ())]

    def kind_begun(self, site: int) -> str | None:
        """The kind of the arrival at a site whose judgement has begun last."""
        return self._kinds.get(site)

    @property
    def open_ended(self) -> bool:
        """Whether a process that came to a site ended without a word, so that it may have come there again."""
        return not self._arrived <= self._closed

    def _take(self, message: dict[str, Any]) -> None:
        event, site, pid = message["event"], message.get("site", -1), message["pid"]
        if "site" in message and site not in self._asked:
            return
        if event == "arrived":
            self._arrived.add(pid)
        elif event == "begin":
            self._arrived.add(pid)
            self._begun[pid] = (site, time.monotonic())
            self._kinds[site] = message.get("kind")
        elif event == "end":
            self._begun.pop(pid, None)
            self.provisional.pop(site, None)
        elif event == "provisional":
            self.provisional[site] = self._believed(message["report"], site, pid)
        elif event == "stored":
            self.stored.setdefault(site, []).append({**message["stored"], "report": None})
        elif event == "verdict":
            report = self._believed(message["report"], site, pid)
            self.reports.setdefault(site, []).append(report)
            for stored in self.stored.get(site, [])[-1:]:
                stored["report"] = stored["report"] or report
        else:
            self._note(event, site, message)

    def _believed(self, report: Report, site: int, pid: int) -> Report:
        """The report, or one that says why it is not believed."""
        wrong = why_malformed(report)
        if wrong is None:
            begun = self._begun.get(pid, (None,))[0] == site
            before = {one["verdict"]: one for one in self.reports.get(site, ())}
            wrong = why_implausible(report, self._jax, begun=begun, lanes=self._asked[site], before=before)
        return report if wrong is None else unbelieved(UNSOUND.format(wrong))

    def _note(self, event: str, site: int, message: dict[str, Any]) -> None:
        """What is said of sites besides judgements, and where the program is."""
        if event == "missing":
            self.missing.add(site)
        elif event == "timed":
            self.timed[site, message["pid"]] = message["figures"]
        elif event == "unreached":
            self.unreached[site] = message["text"]
        elif event == "done":
            self.done.add(site)
        elif event == "described":
            self.described.setdefault(site, []).append(message["values"])
        elif event == "visits":
            known = self.visits.get(site, (0, 0))
            self.visits[site] = known[0] + message["visits"], known[1] + message["unseen"]
        elif event == "over":
            self.over = True
        elif event == "ready":
            self.ready = True
        elif event == "file":
            self.underway, self.turned = self._asked.keys() & set(message["sites"]), time.monotonic()
        else:
            self._note_program(event, message)

    def _note_program(self, event: str, message: dict[str, Any]) -> None:
        """What is said of a program as a whole."""
        if event == "started":
            self._jax.add(message["jax"])
        elif event == "outcome":
            self.outcomes[message["case"]] = message["outcome"]
        elif event == "footprint":
            self.footprints.append({name: message[name] for name in MESSAGES["footprint"]})
        elif event == "ran":
            self.ran += message["seconds"]
            self._closed.add(message["pid"])
        elif event == "stages":
            self.stages.append(message)
        elif event == "problem":
            self.problem, self.blamed = message["text"], message.get("blamed")

    def _parsed(self, line: bytes) -> dict[str, Any] | None:
        """One message; None for a line that is unfinished, makes no sense, or that somebody else wrote."""
        signature, _, text = line.partition(b" ")
        expected = hmac.new(self._key, text, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(signature, expected):
            return None
        try:
            message: Any = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return message if fits(message) else None


def unbelieved(reason: str) -> Report:
    """A report that says no more than why there is none; it outweighs agreement."""
    return dict.fromkeys(REPORT) | {"verdict": "inconclusive", "reason": reason, "refused": True}


def _without_trust(report: Report) -> Report:
    return report if report["verdict"] == "different" else report | {"verdict": "inconclusive", "reason": DISTURBED}
