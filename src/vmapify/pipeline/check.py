"""``check``: report the loops, run nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.cache import Cache
from vmapify.pipeline.desk import Desk
from vmapify.pipeline.pool import analyse_files
from vmapify.pipeline.selection import selection
from vmapify.report import Report
from vmapify.source import decode, find_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.config import Settings
    from vmapify.pipeline.analysis import FileResult


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What ``-`` stands for: the bytes read and the name to report them under."""

    data: bytes
    filename: str = "-"


def check(
    paths: tuple[str, ...],
    settings: Settings,
    *,
    jobs: int | None = None,
    stdin: StandardInput | None = None,
    blocked: bool = True,
    cache: str | None = None,
    afresh: bool = False,
) -> Report:
    """Analyse every file that ``paths`` stand for. Raises ConfigError for an unknown rule in ``settings``.

    Without ``blocked`` loops that must stay are left out, which is several times faster. ``cache`` is the directory where
    findings are kept from run to run; ``afresh``: files with rewrites are analysed whatever is kept of them.
    """
    selected = selection(settings)
    discovery = find_files(paths, settings)
    desk = Desk(Path(settings.root), selected, list(discovery.problems), blocked=blocked)
    if stdin is not None and "-" in discovery.files:
        desk.take_text(decode(stdin.filename, stdin.data))
    files = [path for path in discovery.files if path != "-"]
    if cache is None:
        results = analyse_files(files, desk.root, jobs, blocked=blocked)
    else:
        results = _with_cache(
            Cache(cache, settings.root, blocked=blocked), files, desk.root, jobs, blocked=blocked, afresh=afresh
        )
    for path in files:
        if path in results:
            desk.take(results[path])
    return Report("check", tuple(desk.findings), tuple(desk.problems), desk.sources, len(discovery.files))


def _with_cache(
    cache: Cache, files: Sequence[str], root: Path, jobs: int | None, *, blocked: bool, afresh: bool
) -> dict[str, FileResult]:
    """The results of the files that have anything to say."""
    known, unknown = cache.sift(files, afresh=afresh)
    new = analyse_files(unknown, root, jobs, blocked=blocked, note=cache.note)
    cache.save(new.values())
    return known | new
