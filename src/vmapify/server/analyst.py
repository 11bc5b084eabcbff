"""Looks at what is open in the editor, as ``check`` would at the files, and again and again.

All of it is called in one thread, the same each time.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError, Settings, load_settings
from vmapify.diagnostic import Problem
from vmapify.pipeline.analysis import Analyser, FileResult
from vmapify.pipeline.collect_findings import Desk
from vmapify.pipeline.selection import Selections
from vmapify.rewrite import Look
from vmapify.server.unchanged import changed, kept, widened
from vmapify.source import decode
from vmapify.source.discover import is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vmapify.diagnostic import Finding, Span
    from vmapify.server.documents import Snapshot
    from vmapify.server.unchanged import Changed
    from vmapify.source import SourceFile
    from vmapify.syntax import Module

QUICK = 0.08
"""Seconds: a text that is looked at in less is looked at as a whole each time."""

Asked = Callable[[], bool]
"""Whether what is being done is still wanted."""


class Superseded(BaseException):
    """The text has changed meanwhile: nobody wants the rest. No error, and no place may take it for one."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What there is to say of a snapshot.

    ``result`` is what the analysis gave, ``findings`` those of it that are wanted and no comment suppresses. ``exact``: it is
    about this very text, so that something may be written because of it. ``seconds`` is how long it took.
    """

    snapshot: Snapshot
    settings: Settings
    source: SourceFile | None = None
    result: FileResult = field(default_factory=lambda: FileResult(""))
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    exact: bool = True
    seconds: float = 0.0


class Analyst:
    """Keeps what it has read of other files until it is told to `forget`.

    Args:
        folders: those that the editor has open; a file without settings of its own belongs to the one that holds it.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self._folders = [os.path.realpath(one) for one in folders]
        self._settings: dict[str, Settings] = {}
        self._analysers: dict[tuple[str, bool], Analyser] = {}

    def forget(self) -> None:
        """Files have changed on the disk."""
        self._settings.clear()
        self._analysers.clear()

    def look(self, snapshot: Snapshot, asked: Asked, *, blocked: bool) -> Analysis:
        """All that is found in a document; ``blocked``: loops that must stay are, too. Raises Superseded."""
        begun = time.perf_counter()
        try:
            settings = self.settings(snapshot.path)
            if is_left_out(snapshot.path, settings):
                return Analysis(snapshot, settings)
            source = decode(snapshot.path, snapshot.raw, whole=True)
            if isinstance(source, Problem):
                return Analysis(snapshot, settings, problems=(source,))
            result = self._analyser(settings, blocked=blocked).source(source, look=Look(step=_step(asked)))
            told = _reported(result, source, settings, blocked=blocked)
        except ConfigError as error:
            return Analysis(snapshot, Settings(), problems=(Problem(snapshot.path, None, str(error)),))
        return Analysis(snapshot, settings, source, result, *told, seconds=time.perf_counter() - begun)

    def glance(self, snapshot: Snapshot, last: Analysis, asked: Asked, *, blocked: bool) -> Analysis | None:
        """What is found in the definitions that changed since ``last``, with what was found in the others before.

        None where there is nothing to be gained by it, or nothing to begin from. Raises Superseded.
        """
        if last.source is None or last.seconds < QUICK or snapshot.cells is not None:
            return None
        source = decode(snapshot.path, snapshot.raw)
        if isinstance(source, Problem):
            return None
        change: list[Changed] = []

        def part(module: Module) -> Span:
            change.append(widened(changed(last_data, module.data), module.data, module.tree))
            return change[0].new

        last_data, look = last.source.data, Look(part, _step(asked))
        fresh = self._analyser(last.settings, blocked=blocked).source(source, look=look)
        if not change or any(not one.is_note for one in fresh.problems):
            return None
        found = _joined(fresh.findings, last, change[0])
        return _with(snapshot, last, source, found, fresh, blocked=blocked)

    def remembered(self, broken: Analysis, last: Analysis, *, blocked: bool) -> Analysis:
        """What is wrong with a text that cannot be parsed now, and what was found before in the lines that are as they were."""
        if broken.source is None or last.source is None:
            return broken
        found = tuple(kept(last.result.findings, changed(last.source.data, broken.source.data)))
        result = dataclasses.replace(last.result, findings=found, suppressions=broken.result.suppressions, problems=())
        told, _ = _reported(result, broken.source, last.settings, blocked=blocked)
        return dataclasses.replace(broken, findings=told, exact=False)

    def settings(self, path: str) -> Settings:
        """The settings of a file: its nearest configuration file's. Raises ConfigError."""
        if path not in self._settings:
            found = load_settings((path,))
            self._settings[path] = found if found.file else dataclasses.replace(found, root=self._folder(path))
        return self._settings[path]

    def _folder(self, path: str) -> str:
        """The open folder that holds a file; the innermost, or else its own."""
        absolute = os.path.realpath(path)
        holding = [one for one in self._folders if absolute.startswith(os.path.join(one, ""))]  # noqa: PTH118
        return max(holding, key=len, default=str(Path(absolute).parent))

    def _analyser(self, settings: Settings, *, blocked: bool) -> Analyser:
        key = (settings.root, blocked)
        if key not in self._analysers:
            self._analysers[key] = Analyser(Path(settings.root), blocked=blocked)
        return self._analysers[key]


def _step(asked: Asked) -> Callable[[], None]:
    def step() -> None:
        if not asked():
            raise Superseded

    return step


def _reported(
    result: FileResult, source: SourceFile, settings: Settings, *, blocked: bool
) -> tuple[tuple[Finding, ...], tuple[Problem, ...]]:
    """What the settings and the comments leave. Raises ConfigError."""
    desk = Desk(Selections(settings, {}), [], blocked=blocked)
    desk.take(result, source)
    shown = [one for one in desk.findings if not one.suppressed and (blocked or not one.asks_for_nothing)]
    return tuple(shown), (*desk.problems, *desk.notes)


def _joined(fresh: Sequence[Finding], last: Analysis, change: Changed) -> list[Finding]:
    return sorted([*kept(last.result.findings, change), *fresh], key=lambda finding: finding.loop)


def _with(
    snapshot: Snapshot,
    last: Analysis,
    source: SourceFile,
    findings: Iterable[Finding],
    result: FileResult,
    *,
    blocked: bool,
) -> Analysis:
    joined = dataclasses.replace(result, findings=tuple(findings))
    told = _reported(joined, source, last.settings, blocked=blocked)
    return Analysis(snapshot, last.settings, source, joined, *told, exact=False)
