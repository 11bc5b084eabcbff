"""Many files: in this process while that is faster, else in spawned ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.analysis import FileResult, analyse_file
from vmapify.source.read import worth_analysing

if TYPE_CHECKING:
    from collections.abc import Sequence

WORTH_A_POOL = 400_000
"""Bytes of candidate files from which spawning processes pays for itself."""


def analyse_files(paths: Sequence[str], root: Path, jobs: int | None, *, blocked: bool = True) -> list[FileResult]:
    """The result of each file, in order. ``jobs`` None: one process a core when there is enough to do."""
    wanted = jobs if jobs is not None else _cores()
    heavy = {path for path in paths if _weight(path)} if wanted > 1 else set()
    if wanted < 2 or len(heavy) < 2 or (jobs is None and sum(map(_weight, heavy)) < WORTH_A_POOL):
        return [analyse_file(path, root, blocked=blocked) for path in paths]
    spread = _spawned([path for path in paths if path in heavy], root, min(wanted, len(heavy)), blocked=blocked)
    return [spread[path] if path in spread else analyse_file(path, root, blocked=blocked) for path in paths]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _weight(path: str) -> int:
    """Bytes that need analysis: the file's size if it may hold a candidate, else 0."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return 0
    return len(data) if worth_analysing(data, quoted=path.endswith(".ipynb")) else 0


def _spawned(paths: list[str], root: Path, jobs: int, *, blocked: bool) -> dict[str, FileResult]:
    import multiprocessing  # noqa: PLC0415 - a small run never pays for it
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    from vmapify.diagnostic import Problem  # noqa: PLC0415

    results: dict[str, FileResult] = {}
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {path: pool.submit(analyse_file, path, root, blocked=blocked) for path in paths}
        for path, future in futures.items():
            try:
                results[path] = future.result()
            except BrokenProcessPool:
                problem = Problem(path, None, "the analysing process died; run again with --jobs 1")
                results[path] = FileResult(path, problems=(problem,))
    return results
