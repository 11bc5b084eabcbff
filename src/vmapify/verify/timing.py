"""Run a program once with a clock around its loops."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify.verify import workload as workloads
from vmapify.verify.interpreter import usable_python
from vmapify.verify.launch import launch
from vmapify.verify.process import ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vmapify.diagnostic import Finding
    from vmapify.source import SourceFile
    from vmapify.verify.options import VerifyOptions

COUNTS = ("calls", "rows", "traced")
SECONDS = ("seconds", "compiling", "first", "own")
SHOWN = 2000
"""Characters of what a program that fails has written that are shown."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run spent in a loop: ``seconds`` until its results were there, ``first`` of them in the first call,
    ``compiling`` of them in tracing and compiling, ``own`` besides them in taking the time.

    ``rows`` are the passes of all ``calls``; ``traced`` of these ran while JAX traced what holds the loop.
    """

    calls: int = 0
    rows: int = 0
    traced: int = 0
    seconds: float = 0.0
    compiling: float = 0.0
    first: float = 0.0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A run: ``spent`` by position of the loop, the ``seconds`` of the whole, ``trouble`` if it did not end well."""

    spent: Mapping[int, Spent]
    seconds: float
    trouble: str | None = None


def time_loops(
    findings: Sequence[Finding], sources: Mapping[str, SourceFile], options: VerifyOptions, book: SourceFile | None
) -> Timed:
    """The time that ``options.run`` spends in loops; of a notebook, if ``book`` is one.

    Raises:
        ConfigError: there is no interpreter that can run it.
    """
    python = usable_python(options).python
    if book is not None:
        program = dataclasses.replace(workloads.notebook(book, options, python), stop=False)
    else:
        assert options.run is not None
        program = workloads.recorded(options.run, python, options.runner)
    loops = [_plain(key, one, sources[one.path]) for key, one in enumerate(findings)]
    call = {**program.call, "loops": loops}
    program = dataclasses.replace(program, call=call, keys=tuple(range(len(findings))))
    start = time.perf_counter()
    log, ended = launch(program, [], options, python)
    seconds = time.perf_counter() - start
    trouble = None
    if ended.stopped is not None and ended.stopped != "finished":
        trouble = ended.stopped
    elif log.problem is not None:
        trouble = log.problem
    elif ended.code not in {0, -9}:
        trouble = f"it {ending(ended.code)}: {ended.output[-SHOWN:].strip()}"
    return Timed(_sums(log.timed), seconds, trouble)


def _sums(timed: Mapping[tuple[int, int], dict[str, Any]]) -> dict[int, Spent]:
    """The figures of all processes together; what is no number counts for nothing."""
    found: dict[int, Spent] = {}
    for (key, _), raw in timed.items():
        if not all(type(raw.get(name)) in {int, float} for name in (*COUNTS, *SECONDS)):
            continue
        known = found.get(key, Spent())
        found[key] = Spent(**{name: getattr(known, name) + raw[name] for name in (*COUNTS, *SECONDS)})
    return found


def _plain(key: int, finding: Finding, source: SourceFile) -> dict[str, Any]:
    last = finding.sink.end if finding.sink is not None else finding.loop.end
    return {
        "key": key,
        "path": workloads.absolute(finding.path),
        "cell": source.place(finding.loop.start).cell,
        "start": _place(source, finding.loop.start),
        "end": _place(source, finding.loop.end),
        "last": _place(source, last),
    }


def _place(source: SourceFile, offset: int) -> tuple[int, int]:
    """The line, and the column in bytes."""
    return source.place(offset).line, offset - (source.data.rfind(b"\n", 0, offset) + 1)
