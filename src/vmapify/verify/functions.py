"""Judge two versions of a function that stand in two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Verification
from vmapify.verify import workload as workloads
from vmapify.verify.fold import folded, unknown
from vmapify.verify.interpreter import chosen_python, why_unusable
from vmapify.verify.launch import launch
from vmapify.verify.process import ending
from vmapify.verify.unreached import cause_of

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended

FUNCTION = 0
"""The only site of such a run."""


def judge_functions(
    before: Path, after: Path, function: str, options: VerifyOptions
) -> tuple[Verification | Problem, ...]:
    """Judge ``function`` (dotted for a method) of ``after`` against that of ``before`` on ``options.inputs``.

    One result: a problem names what is wrong with the files or the inputs.
    """
    absent = [path for path in (before, after) if not path.is_file()]
    if absent:
        return (Problem(str(absent[0]), None, "no such file"),)
    if options.inputs is None:
        return (Problem(str(after), None, f"no inputs for {function}; give --inputs FILE.py[:NAME]"),)
    python = chosen_python(options)
    unusable = why_unusable(python, options.runner)
    if unusable is not None:
        return (unknown(unusable),)
    log, ended = launch(workloads.both(before, after, function, options, python), [], options, python)
    return (_verdict(log, ended, after, python),)


def _verdict(log: Log, ended: Ended, after: Path, python: str) -> Verification | Problem:
    cause = ended.stopped or f"the process {ending(ended.code)} while the function was judged"
    shown = log.shown(FUNCTION)
    if FUNCTION in log.judging():
        shown = [report | {"reason": f"{report['reason']}; then {cause}"} for report in shown]
        return folded(shown) if shown else unknown(cause)
    if shown:
        return folded(shown)
    found = cause_of(log.problem or ended.output, python)
    return Problem(str(after), None, found or cause)
