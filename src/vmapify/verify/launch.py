"""Start a workload where the options say, and collect what its processes report."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.verify import workload as workloads
from vmapify.verify.channel import Log
from vmapify.verify.process import followed, run_child
from vmapify.verify.runner import run_elsewhere
from vmapify.verify.watchdog import Watchdog
from vmapify.verify.workload import PLAN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vmapify.diagnostic import Site
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended
    from vmapify.verify.warm_child import Spare, Waiting
    from vmapify.verify.workload import Workload

    Numbered = Sequence[tuple[int, Site]]

STAGES_VARIABLE = "VMAPIFY_VERIFY_STAGES"
"""Names a file that gets the stages of every judgement and the length of every run, as JSON lines."""


def launch(
    workload: Workload,
    sites: Numbered,
    options: VerifyOptions,
    python: str,
    spare: Spare | None = None,
    replaced: Mapping[str, str] | None = None,
) -> tuple[Log, Ended]:
    """Run ``workload`` until it ends, or nothing more is wanted of it; in the child that waits for it, if there is one.

    It gets the texts in ``replaced``, by path, in the place of those on disk.
    """
    start = time.perf_counter()
    waiting = spare.taken(workload) if spare is not None else None
    log, ended = _launched(workload, sites, options, python, waiting, replaced or {})
    if waiting is not None and not log.ready and ended.stopped is None:
        log, ended = _launched(workload, sites, options, python, None, replaced or {})
    log.mistrust()
    _tell_stages(log, workload, time.perf_counter() - start)
    return log, ended


def _launched(
    workload: Workload,
    sites: Numbered,
    options: VerifyOptions,
    python: str,
    waiting: Waiting | None,
    replaced: Mapping[str, str],
) -> tuple[Log, Ended]:
    with waiting or tempfile.TemporaryDirectory(prefix="vmapify-") as folder:
        channel = Path(folder) / "channel.jsonl"
        log = Log(channel, secret := secrets.token_hex(16), _asked(workload, sites))
        watchdog = Watchdog(log, options, {key for key, _ in sites}, stop=workload.stop)
        content = workloads.plan_of(workload, sites, options, secret) | {"replaced": dict(replaced)}
        if options.runner is not None:
            task = _task(workload, content, options)
            ended = run_elsewhere(options.runner, python, task, channel, watchdog)
        else:
            plan = workloads.write_plan(Path(folder), channel, content)
            if waiting is not None:
                waiting.go()
                ended = followed(waiting.child, watchdog, options.memory_limit, (PLAN_VARIABLE, str(plan)))
            else:
                variables = workloads.environment(workload, plan, options, python)
                ended = run_child(workload.command, variables, watchdog, options.memory_limit, PLAN_VARIABLE)
        log.read()
    return log, ended


def _asked(workload: Workload, sites: Numbered) -> dict[int, bool]:
    """What may be reported on, and whether it has a batch axis."""
    lanes = {key: any(lane.axis is not None for lane in site.lanes) for key, site in sites}
    return lanes | dict.fromkeys(workload.keys, False)


def _tell_stages(log: Log, workload: Workload, seconds: float) -> None:
    """Add where the time went to the file that an environment variable names."""
    wanted = os.environ.get(STAGES_VARIABLE)
    if wanted:
        lines = [*log.stages, {"event": "program", "title": workload.title, "seconds": seconds}]
        with Path(wanted).open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line) + "\n" for line in lines)


def _task(workload: Workload, plan: dict[str, object], options: VerifyOptions) -> dict[str, object]:
    """Everything that the other machine has to know; the user's files are expected at the same paths there."""
    worker = workloads.WORKER
    return {
        "files": {str(path.relative_to(worker)): path.read_text("utf-8") for path in sorted(worker.rglob("*.py"))},
        "here": str(worker),
        "plan": plan,
        "command": list(workload.command),
        "roots": [str(worker / "bootstrap"), *workload.roots],
        "variables": workloads.variables(workload, options),
        "removed": workloads.removed(options),
        "variable": workloads.PLAN_VARIABLE,
        "directory": os.getcwd(),  # noqa: PTH109 (as the user sees it, links unresolved)
        "memory_limit": options.memory_limit,
    }
