"""``check``: report the loops, run nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.desk import Desk
from vmapify.pipeline.pool import analyse_files
from vmapify.pipeline.selection import selection
from vmapify.report import Report
from vmapify.source import decode, find_files

if TYPE_CHECKING:
    from vmapify.config import Settings


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
) -> Report:
    """Analyse every file that ``paths`` stand for. Raises ConfigError for an unknown rule in ``settings``.

    Without ``blocked`` loops that must stay are left out, which is several times faster.
    """
    selected = selection(settings)
    discovery = find_files(paths, settings)
    desk = Desk(Path(settings.root), selected, list(discovery.problems), blocked=blocked)
    if stdin is not None and "-" in discovery.files:
        desk.take_text(decode(stdin.filename, stdin.data))
    files = [path for path in discovery.files if path != "-"]
    for result in analyse_files(files, desk.root, jobs, blocked=blocked).values():
        desk.take(result)
    return Report("check", tuple(desk.findings), tuple(desk.problems), desk.sources, len(discovery.files))
