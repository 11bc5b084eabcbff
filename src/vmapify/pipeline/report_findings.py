"""``check``: report the loops, run nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.cache.findings import Cache
from vmapify.pipeline.collect_findings import Desk
from vmapify.pipeline.process_pool.analyse_files import analyse_files
from vmapify.pipeline.selection import selection
from vmapify.report import Report
from vmapify.source import decode, find_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.config import Settings
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
) -> Report:
    """Analyse every file that ``paths`` stand for. Raises ConfigError for an unknown rule in ``settings``.

    Without ``blocked`` loops that must stay are left out, which is several times faster. ``cache`` is the directory where
    findings are kept from run to run; ``afresh``: files with rewrites are analysed whatever is kept of them. ``begun`` is
    called when there turns out to be something to analyse.
    """
    known = None if cache is None else Cache(cache, settings.root, blocked=blocked)
    return report_on(
        find_files(paths, settings), settings, known, jobs=jobs, blocked=blocked, afresh=afresh, begun=begun
    )


def report_on(
    discovery: Discovery,
    settings: Settings,
    cache: Cache | None,
    *,
    jobs: int | None,
    blocked: bool,
    stdin: StandardInput | None = None,
    afresh: bool = False,
    begun: Callable[[], None] | None = None,
) -> Report:
    """The same for files that have been found, and what is already known of some."""
    desk = Desk(Path(settings.root), selection(settings), list(discovery.problems), blocked=blocked)
    if stdin is not None and "-" in discovery.files:
        desk.take_text(decode(stdin.filename, stdin.data))
    files = [path for path in discovery.files if path != "-"]
    known, unknown = ({}, files) if cache is None else cache.sift(files, afresh=afresh)
    if unknown and begun is not None:
        begun()
    results = known | analyse_files(unknown, desk.root, jobs, blocked=blocked, note=cache.note if cache else None)
    if cache is not None:
        cache.save(results[path] for path in unknown)
    for path in files:
        if path in results:
            desk.take(results[path])
    return Report("check", tuple(desk.findings), tuple(desk.problems), desk.sources, len(discovery.files))
