"""Judge two versions of a function that stand in two files."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from vmapify.diagnostic import Problem, Verification
from vmapify.verify import workload as workloads
from vmapify.verify.combine_reports import cut_short, folded, unknown
from vmapify.verify.interpreter import usable_python, why_unusable
from vmapify.verify.launch import launch
from vmapify.verify.separate_processes import PASSED, Apart
from vmapify.verify.why_unreached import cause_of

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended
    from vmapify.verify.sites import Stored
    from vmapify.verify.workload import Changed

FUNCTION = 0
"""The only site of such a run; the file as a whole where files are judged."""
SCRIPT = "the file as a whole"
UNCALLED = "running {} does not call it; give --inputs FILE.py[:NAME] --function NAME"


def judge_functions(
    before: Path, after: Path, function: str, options: VerifyOptions, stored: Stored | None = None
) -> tuple[Verification | Problem, ...]:
    """Judge ``function`` (dotted for a method) of ``after`` against that of ``before`` on ``options.inputs``.

    One result: a problem names what is wrong with the files or the inputs.
    """
    absent = [path for path in (before, after) if not path.is_file()]
    if absent:
        return (Problem(str(absent[0]), None, "no such file"),)
    if options.inputs is None:
        return (Problem(str(after), None, f"no inputs for {function}; give --inputs FILE.py[:NAME]"),)
    python = usable_python(options).python
    unusable = why_unusable(python, options.runner)
    if unusable is not None:
        return (unknown(unusable),)
    with Apart((before, after), function, options, python) as apart:
        log, ended = launch(workloads.both(before, after, function, options, python), [], options, python)
        if stored is not None:
            stored |= log.stored
        found = _verdict(log, ended, after, python)
        return (found if isinstance(found, Problem) else apart.doubted(found),)


def judge_files(
    before: Path, after: Path, changed: Changed, options: VerifyOptions, stored: Stored | None = None
) -> tuple[tuple[str, Verification | Problem], ...]:
    """Run both files; judge the changed functions on their own calls, and the values that the files end with.

    What was judged, each with its result; ``stored`` gets the inputs by its number among them: 0 for the file as a
    whole, then the changed functions. Final values that agree are told only where nothing else is.
    """
    python = usable_python(options).python
    unusable = why_unusable(python, options.runner)
    if unusable is not None:
        return ((SCRIPT, unknown(unusable)),)
    with Apart((before, after), None, options, python) as apart:
        log, ended = launch(workloads.scripts(before, after, changed, python), [], options, python)
        if stored is not None:
            stored |= log.stored
        whole = _verdict(log, ended, after, python)
        if isinstance(whole, Problem):
            return ((SCRIPT, whole),)
        found = _functions(log, ended, after, changed)
        whole, found = _tried(whole, found, apart)
    agrees = whole.verdict in PASSED
    return tuple(found) if found and agrees and not changed.names else (*found, (SCRIPT, whole))


def _functions(log: Log, ended: Ended, after: Path, changed: Changed) -> list[tuple[str, Verification | Problem]]:
    """What was found on each of the changed functions."""
    found: list[tuple[str, Verification | Problem]] = []
    for key, name in enumerate(changed.functions, start=1):
        shown = log.shown(key)
        if log.judging() & {key, FUNCTION}:
            found.append((name, cut_short(shown, ended, "it" if key in log.judging() else "the file")))
        else:
            found.append((name, folded(shown) if shown else unknown(UNCALLED.format(after))))
    return found


def _tried(
    whole: Verification, found: list[tuple[str, Verification | Problem]], apart: Apart
) -> tuple[Verification, list[tuple[str, Verification | Problem]]]:
    """The same after both files were run apart. Functions agree no more where files do not that were said to."""
    passed = [name for name, one in found if isinstance(one, Verification) and one.verdict in PASSED]
    if whole.verdict not in PASSED and not passed:
        return whole, found
    files = whole if whole.verdict in PASSED else dataclasses.replace(whole, verdict="equivalent")
    tried = apart.doubted(files)
    if tried.verdict not in PASSED:
        doubt = unknown(f"{SCRIPT}, {tried.reason}")
        found = [(name, doubt if name in passed else one) for name, one in found]
    return (tried if whole.verdict in PASSED else whole), found


def _verdict(log: Log, ended: Ended, after: Path, python: str) -> Verification | Problem:
    shown = log.shown(FUNCTION)
    if FUNCTION in log.judging():
        return cut_short(shown, ended, "the function")
    if shown:
        return folded(shown)
    found = cause_of(log.problem or ended.output, python)
    return Problem(str(after), None, found or ended.cause("the function"))
