"""``vmapify.verify`` and ``vmapify.assert_equivalent``: a verdict on two versions of a function."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.config import Settings
from vmapify.pipeline.verifier import Given, given_file
from vmapify.pipeline.verify import verify as verify_files
from vmapify.verify import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vmapify.diagnostic import Verification

Function = Callable[..., Any]
AGREE = frozenset(("identical", "equivalent"))
SECONDS = 60.0


class NotEquivalentError(AssertionError):
    """Two versions do not agree, or could not be shown to; ``verification`` has the evidence."""

    def __init__(self, message: str, verification: Verification) -> None:
        super().__init__(message)
        self.verification = verification


def verify(
    before: Function | str | os.PathLike[str],
    after: Function | str | os.PathLike[str],
    inputs: Iterable[Any] | str | os.PathLike[str],
    *,
    function: str = "",
    python: str | None = None,
    device: str | None = None,
    timeout: float = SECONDS,
    allow_io: bool = False,
) -> Verification:
    """Run two versions of a function on the same inputs and judge whether they agree, as ``vmapify verify`` does.

    Two functions are run in this process, which has to have JAX; nothing walls them off or stops them. Two files are
    run in child processes, behind the wall.

    Args:
        before: the loop: a function, or the path of a file that holds it.
        after: the other version of it, of the same kind.
        inputs: of functions an iterable of argument tuples, ``(args…)`` or ``(args, kwargs)``, or of single arguments; of
            files ``FILE.py[:NAME]``.
        function: of files, the function to judge (dotted for a method); empty stands for the one that differs.
        python: of files, the interpreter that runs them.
        device: ``cpu``, ``gpu``, ``tpu`` or one such as ``cuda:1``; None is JAX's default.
        timeout: seconds that the judgement on one set of inputs may take.
        allow_io: of files, whether they may write files, start processes and open sockets.

    Returns:
        The verdict with its evidence; ``inconclusive`` where it could not be decided.

    Raises:
        TypeError: ``before``, ``after`` and ``inputs`` do not go together.
        ValueError: there are no inputs, no difference between the files, or a file is no Python.
        ConfigError: a file, interpreter or name is not there.
    """
    if callable(before) and callable(after) and not isinstance(inputs, str | os.PathLike):
        return _in_process(before, after, [_call(entry) for entry in inputs], device, timeout)
    if callable(before) or callable(after) or not isinstance(inputs, str | os.PathLike):
        raise TypeError("verify takes two functions and tuples of arguments, or two paths and FILE.py[:NAME]")
    settings = Settings(python=python, device=device, timeout=timeout, allow_io=allow_io, start=str(Path(after).parent))
    given = given_file(os.fspath(inputs), function)
    return _of_files(os.fspath(before), os.fspath(after), settings, given)


def assert_equivalent(loop: Function, vmapped: Function, *args: Any, **kwargs: Any) -> Verification:
    """Assert that two versions of a function agree on these arguments, by the rules of ``vmapify verify``.

    Values are compared row by row with a rerun in float64, structures, shapes, dtypes and integers exactly, and what the
    versions do besides returning has to be the same. They run in this process, several times.

    Args:
        loop: the version that is right.
        vmapped: the other one.
        *args: what both are called with.
        **kwargs: the same by keyword.

    Returns:
        The verdict, ``identical`` or ``equivalent``, with its evidence.

    Raises:
        NotEquivalentError: they do not agree, or could not be shown to (an AssertionError).
    """
    found = _in_process(loop, vmapped, [(args, kwargs)], None, SECONDS)
    if found.verdict not in AGREE:
        names = f"{_name(loop)} and {_name(vmapped)}"
        raise NotEquivalentError(f"{names}: {found.verdict}: {found.reason}{_example(found)}", found)
    return found


def _name(function: Function) -> str:
    return str(getattr(function, "__qualname__", None) or repr(function))


def _example(found: Verification) -> str:
    return f"\n{found.example}" if found.example else ""


def _call(entry: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of one call, as the file of ``--inputs`` gives them: what is no tuple is a single argument."""
    match entry:
        case (tuple() as args, dict() as kwargs):
            return args, kwargs
        case tuple():
            return entry, {}
    return (entry,), {}


def _in_process(
    before: Function,
    after: Function,
    calls: Sequence[tuple[tuple[Any, ...], dict[str, Any]]],
    device: str | None,
    timeout: float,
) -> Verification:
    if not calls:
        raise ValueError("there are no inputs to judge on; give at least one tuple of arguments")
    judge = importlib.import_module("vmapify.verify.worker.in_process").judged
    reports = [judge(before, after, args, kwargs, device, timeout) for args, kwargs in calls]
    return folded(reports)


def _of_files(before: str, after: str, settings: Settings, given: Given) -> Verification:
    report = verify_files(before, after, settings, given, lambda _: None)
    for problem in report.problems:
        raise ValueError(f"{problem.path}: {problem.message}")
    if not report.results:
        raise ValueError(f"no function differs between {before} and {after}; name one: function=…")
    return report.results[0].verification
