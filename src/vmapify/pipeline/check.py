"""``check``, from the paths to what is said about them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.pipeline.cache.store import Kept
from vmapify.pipeline.cache.whole_run import FEW, Repeat, Told
from vmapify.source.discover import find_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.config import Settings
    from vmapify.report import View
    from vmapify.source import Discovery


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What ``-`` stands for: the bytes read and the name to report them under."""

    data: bytes
    filename: str = "-"


def check(
    paths: tuple[str, ...],
    settings: Settings,
    view: View,
    *,
    jobs: int | None = None,
    stdin: StandardInput | None = None,
    cache: str | None = None,
    exit_zero: bool = False,
    silence: str | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Told:
    """What is to be said about ``paths``: what was said the last time, unless something has changed.

    ``silence``: what is found gets a comment that says so, with this reason.
    """
    blocked = view.show_blocked
    began, discovery = time.time_ns(), find_files(paths, settings)
    repeat = None
    if cache is not None and stdin is None and silence is None and _may_repeat(discovery):
        options = (*paths, repr(settings), repr(view), str(exit_zero))
        repeat = Repeat(Kept(cache, settings.root, blocked=blocked, suffix="said"), options)
        if (told := repeat.told(discovery.files)) is not None:
            return told
    from vmapify.pipeline.cache.findings import Cache  # noqa: PLC0415 - where nothing has changed none of it is needed
    from vmapify.pipeline.report_findings import report_on  # noqa: PLC0415
    from vmapify.report import exit_code, render  # noqa: PLC0415

    stamps = repeat.stamps(discovery.files) if repeat is not None else None
    known: str | Cache | None = cache
    if cache is not None and not discovery.governed:
        known = Cache(cache, settings.root, blocked=blocked, began=began, stamps=stamps)
    afresh = silence is not None
    report = report_on(discovery, settings, known, jobs=jobs, stdin=stdin, blocked=blocked, afresh=afresh, tick=tick)
    if silence is not None:
        from vmapify.pipeline.add_ignore import add_ignore  # noqa: PLC0415 - rarely asked for

        report = add_ignore(report, silence)
    told = Told(render(report, view), exit_code(report, exit_zero=exit_zero), report.files + len(report.problems))
    if repeat is not None and isinstance(known, Cache):
        top = os.path.commonpath([os.path.realpath(path) for path in paths])
        if (basis := known.basis(discovery.files, top)) is not None:
            repeat.keep(told, discovery.files, basis)
    return told


def _may_repeat(discovery: Discovery) -> bool:
    """Whether the next run may say the same without another look; a small one must not be kept in place of a large one."""
    return not discovery.problems and not discovery.governed and len(discovery.files) >= FEW
