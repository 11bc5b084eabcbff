"""Judging programs: what the tool offers for them, and whether it makes a difference when both versions are run."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from programs.offers import applied, offers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from programs.draft import Program

BATCH = 250
"""Programs that the tool checks in one run."""
PATIENCE = 60.0
"""Seconds that all versions of a program may take."""
RUNS = 1000
"""Programs that one child runs, lest it grow."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a program.

    ``grade`` is ``safe`` or ``unverified``, the worst of its rewrites, or empty where none is offered. ``differs`` says where
    all offered rewrites together make a difference, ``safe_differs`` where the safe ones alone do; empty: nowhere.
    ``raised`` is what the program itself raises; ``unsteady`` if two runs of itself differ, or if it takes too long.
    """

    name: str
    ingredients: tuple[str, ...]
    hostile: bool
    grade: str
    raised: str = ""
    unsteady: str = ""
    differs: str = ""
    safe_differs: str = ""

    @property
    def measured(self) -> bool:
        """Whether rewrites were offered, and say something about the tool."""
        return bool(self.grade) and not self.unsteady

    @property
    def wrong(self) -> bool:
        """Whether a rewrite that was called safe makes a difference."""
        return self.measured and bool(self.safe_differs)

    @property
    def right(self) -> bool:
        """Whether what was offered makes no difference."""
        return self.measured and not self.differs


class Child:
    """A process that runs programs; started when needed, and again after it died, took too long or was tainted."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._process: subprocess.Popen[str] | None = None
        self._runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def judge(self, texts: list[str]) -> dict[str, Any]:
        """The answer of ``programs.child``; ``unsteady`` says so if there was none in time."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"texts": texts}) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], self._patience)
        line = process.stdout.readline() if ready else ""
        self._runs += 1
        if not line:
            self.stop()
            return {
                "parts": [""] * (len(texts) - 1),
                "raised": "",
                "unsteady": "died or took too long",
                "tainted": True,
            }
        answer: dict[str, Any] = json.loads(line)
        if answer["tainted"] or self._runs >= RUNS:
            self.stop()
        return answer

    def stop(self) -> None:
        """End the process; the next request starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process, self._runs = None, 0

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            here = str(Path(__file__).parents[1])
            path = os.pathsep.join(part for part in (here, os.environ.get("PYTHONPATH", "")) if part)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "programs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"PYTHONPATH": path, "JAX_PLATFORMS": "cpu"},
            )
        return self._process


def judge(programs: Iterable[Program], child: Child) -> Iterator[tuple[Program, Judged, str]]:
    """Each program with what came of it, and its text with the safe rewrites; in batches."""
    batch: list[Program] = []
    for program in programs:
        batch.append(program)
        if len(batch) == BATCH:
            yield from _judge_batch(batch, child)
            batch = []
    yield from _judge_batch(batch, child)


def _judge_batch(batch: list[Program], child: Child) -> Iterator[tuple[Program, Judged, str]]:
    found = offers(batch) if batch else {}
    for program in batch:
        yield (program, *_judge_one(program, found.get(program.name, []), child))


def _judge_one(program: Program, findings: list[dict[str, Any]], child: Child) -> tuple[Judged, str]:
    whole = applied(program.text, findings)
    safe = applied(program.text, [one for one in findings if one["applicability"] == "safe"])
    if not findings:
        return Judged(program.name, program.ingredients, program.hostile, ""), safe
    grade = "safe" if whole == safe else "unverified"
    texts = [program.text, whole, *([safe] if safe not in {whole, program.text} else [])]
    answer = child.judge(texts)
    differs, *rest = answer["parts"]
    safe_differs = rest[0] if rest else (differs if whole == safe else "")
    judged = Judged(
        program.name,
        program.ingredients,
        program.hostile,
        grade,
        answer["raised"],
        answer["unsteady"],
        differs,
        safe_differs,
    )
    return judged, safe
