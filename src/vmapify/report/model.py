"""What a run found, as one value that every output format renders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmapify.diagnostic import Finding, Problem, Rerun
    from vmapify.source import SourceFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ``fix`` did with one finding.

    ``written``: the file on disk holds the rewrite. ``proposed``: it would be written with ``--write``.
    ``left``: it stays a loop, and ``why`` says so in one clause. ``slower``: it was verified and stays a loop all the
    same, because the rewrite would not be worth it.
    """

    finding: Finding
    state: Literal["written", "proposed", "left", "slower"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of ``check`` or ``fix``.

    ``findings`` are all of them, blocked and suppressed ones too, in the order of the files and then by
    position. ``sources`` holds the text, as it was read, of each file with a finding. ``files`` counts the
    files looked at, ``silenced`` the loops that ``--add-ignore`` gave a comment. ``outcomes``,
    ``reruns`` and ``diff`` are those of ``fix``. ``roots`` has the top directory of the project of each file that is not in that
    of the run. ``notes`` are told and are no errors. ``shard``: which part of all files this is about, of how many.
    """

    command: Literal["check", "fix"]
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, SourceFile] = field(default_factory=dict)
    files: int = 0
    silenced: int = 0
    outcomes: tuple[Outcome, ...] = ()
    reruns: tuple[Rerun, ...] = ()
    diff: str = ""
    roots: Mapping[str, str] = field(default_factory=dict)
    shard: tuple[int, int] = (1, 1)
    notes: tuple[Problem, ...] = ()

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """The findings that ask for something: rewrites and faulty comments that nobody suppressed."""
        return tuple(f for f in self.findings if not f.asks_for_nothing and not f.suppressed)
