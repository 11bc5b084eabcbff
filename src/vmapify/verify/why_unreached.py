"""Why a site was not reached, from what the workload printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.verify.process import ending

if TYPE_CHECKING:
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended
    from vmapify.verify.workload import Workload

LAST_LINES = 12
"""Lines of a failed command's own output that are shown."""

EXCEPTION = re.compile(r"^(?:E +)?([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*)$", re.MULTILINE)
MISSING_PACKAGE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


def missing_package(text: str, python: str) -> str | None:
    """The package that user code could not import, and where to install it."""
    found = MISSING_PACKAGE.search(text)
    if found is None:
        return None
    return f"ModuleNotFoundError: {found.group(1)}; install it into {python} or pass --python"


def last_exception(text: str) -> str | None:
    """The last line of a child's output that looks like an exception."""
    lines = EXCEPTION.findall(text)
    return lines[-1].strip()[:200] if lines else None


def cause_of(text: str, python: str) -> str | None:
    """The best single line: a missing package with its cure, else the last exception, else the text."""
    return missing_package(text, python) or last_exception(text) or (text.splitlines() or [""])[-1] or None


def demand_evidence(workload: Workload, log: Log, ended: Ended, options: VerifyOptions, python: str) -> None:
    """Raise ConfigError if what the user gave as evidence failed: nothing weaker may take its place in silence."""
    if log.blamed == "inputs" and options.inputs is not None:
        text = log.problem or ""
        subject = f"{options.named('inputs')} {':'.join(options.inputs)}"
        raise ConfigError(f"{subject}: {missing_package(text, python) or f'{text}; mend the file'}")
    reached = log.reports or log.described or log.done or log.missing or log.judging()
    if options.run is None or workload.title != options.run or reached or not (ended.code or ended.stopped):
        return
    cure = "raise --timeout" if ended.out_of_time else "mend the command, or leave it out"
    said = "".join(f"\n  {line}" for line in ended.output.strip().splitlines()[-LAST_LINES:])
    how = ended.stopped or ending(ended.code)
    raise ConfigError(f"{options.named('run')} {options.run}: {how} before it reached a loop to judge; {cure}{said}")


def instead(workload: Workload, options: VerifyOptions) -> str:
    """What is said of a verdict that rests on something else than the user's command; nothing if it does not."""
    if options.run is None or workload.title == options.run:
        return ""
    how = "its inputs are made up" if workload.inputs == "synthesized" else f"{workload.title} was run for it"
    return f"{options.named('run').rstrip(':')} did not reach it: {how}"
