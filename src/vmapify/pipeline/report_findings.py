"""``check``: report the loops, run nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.cache.findings import Cache
from vmapify.pipeline.collect_findings import Desk
from vmapify.pipeline.process_pool.analyse_files import analyse_files
from vmapify.pipeline.selection import Selections
from vmapify.report import Report
from vmapify.source import decode, find_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.config import Settings
    from vmapify.pipeline.analysis import FileResult
    from vmapify.pipeline.check import StandardInput
    from vmapify.source import Discovery


def check(
    paths: tuple[str, ...],
    settings: Settings,
    *,
    jobs: int | None = None,
    blocked: bool = True,
    cache: str | None = None,
    afresh: bool = False,
    begun: Callable[[], None] | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Report:
    """Analyse every file that ``paths`` stand for. Raises ConfigError for an unknown rule in ``settings``.

    Without ``blocked`` loops that must stay are left out, which is several times faster. ``cache`` is the directory where
    findings are kept from run to run; ``afresh``: files with rewrites are analysed whatever is kept of them. ``begun`` is
    called when there turns out to be something to analyse. ``tick`` is told how many files are done, and of how many.
    """
    discovery = find_files(paths, settings)
    return report_on(discovery, settings, cache, jobs=jobs, blocked=blocked, afresh=afresh, begun=begun, tick=tick)


def report_on(
    discovery: Discovery,
    settings: Settings,
    cache: str | Cache | None,
    *,
    jobs: int | None,
    blocked: bool,
    stdin: StandardInput | None = None,
    afresh: bool = False,
    begun: Callable[[], None] | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Report:
    """The same for files that have been found; ``cache`` is a directory, or what is known of the files of a single project."""
    selections = Selections(settings, discovery.governed)
    desk = Desk(selections, list(discovery.problems), blocked=blocked)
    if stdin is not None and "-" in discovery.files:
        desk.take_text(decode(stdin.filename, stdin.data, whole=True))
    results: dict[str, FileResult] = {}
    for root, files in by_root(discovery, settings).items():
        known = Cache(cache, root, blocked=blocked) if isinstance(cache, str) else cache
        results |= _results(files, Path(root), known, jobs=jobs, blocked=blocked, afresh=afresh, begun=begun, tick=tick)
    for path in discovery.files:
        if path in results:
            desk.take(results[path])
        if path in discovery.named:
            desk.insist(path)
    roots = {path: one.root for path, one in discovery.governed.items()}
    found = tuple(desk.findings), tuple(desk.problems), desk.sources, len(discovery.files)
    return Report("check", *found, roots=roots, shard=settings.shard, notes=tuple(desk.notes))


def by_root(discovery: Discovery, settings: Settings) -> dict[str, list[str]]:
    """The files of each project, by its top directory; standard input is none."""
    found: dict[str, list[str]] = {}
    for path in discovery.files:
        if path != "-":
            found.setdefault(discovery.governed.get(path, settings).root, []).append(path)
    return found


def _results(
    files: Sequence[str],
    root: Path,
    cache: Cache | None,
    *,
    jobs: int | None,
    blocked: bool,
    afresh: bool,
    begun: Callable[[], None] | None,
    tick: Callable[[int, int], None] | None,
) -> dict[str, FileResult]:
    """What files of one project gave, and what is known of some."""
    known, unknown = ({}, list(files)) if cache is None else cache.sift(files, afresh=afresh)
    if unknown and begun is not None:
        begun()
    fresh = analyse_files(unknown, root, jobs, blocked=blocked, note=cache.note if cache else None, tick=tick)
    if cache is not None:
        cache.save(fresh[path] for path in unknown)
    return known | fresh
