"""Processes that analyse files: started afresh, spoken to in lines of JSON, replaced when they die."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from vmapify.pipeline.process_pool.worker import main; main()"
)
_AHEAD = 2
"""Requests a worker has at once, so that it never waits for the next one."""
_CHUNK = 1 << 16


class Worker:
    """One process and what it still owes."""

    __slots__ = ("_rest", "owes", "process")

    def __init__(self, greeting: Sequence[Any]) -> None:
        words = [sys.executable, *subprocess._args_from_interpreter_flags(), "-P", "-c", _START]  # type: ignore[attr-defined]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)  # noqa: S603 - ourselves
        self.owes: deque[list[str]] = deque()
        self._rest = b""
        self._write(sys.path)
        self._write(greeting)

    def ask(self, paths: list[str]) -> None:
        """Request the results of ``paths``."""
        self.owes.append(list(paths))
        self._write(paths)

    def answers(self) -> list[Any] | None:
        """The results that have come; None once the process is gone."""
        assert self.process.stdout is not None
        data = os.read(self.process.stdout.fileno(), _CHUNK)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        for _ in lines:
            self.owes[0].pop(0)
            if not self.owes[0]:
                self.owes.popleft()
        return [json.loads(line) for line in lines]

    def _write(self, value: Any) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(value).encode() + b"\n")
        except BrokenPipeError:
            return  # it is gone, which shows when its answer is read

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()


class Crew:
    """Some workers and the requests that none of them has got yet."""

    def __init__(self, size: int, greeting: Sequence[Any]) -> None:
        self._greeting = greeting
        self._selector = selectors.DefaultSelector()
        self._workers: set[Worker] = set()
        self.waiting: deque[list[str]] = deque()
        for _ in range(size):
            self._hire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()
        self._selector.close()

    def _hire(self) -> None:
        worker = Worker(self._greeting)
        self._workers.add(worker)
        assert worker.process.stdout is not None
        self._selector.register(worker.process.stdout, selectors.EVENT_READ, worker)

    @property
    def busy(self) -> bool:
        """Whether something that was asked for has not come."""
        return bool(self.waiting) or any(worker.owes for worker in self._workers)

    def results(self, *, wait: bool) -> Iterator[tuple[str, Any]]:
        """What has come, with its path; None where the process died over it. Hands out what waits."""
        for worker in self._workers:
            while self.waiting and len(worker.owes) < _AHEAD:
                worker.ask(self.waiting.popleft())
        for key, _ in self._selector.select(None if wait else 0):
            worker = key.data
            answers = worker.answers()
            if answers is None:
                yield from self._bury(worker)
            else:
                yield from ((fields[0][0], fields) for fields in answers)

    def _bury(self, worker: Worker) -> Iterator[tuple[str, Any]]:
        """Replace a dead worker. The file it was at is given up; the others wait for the new one."""
        self._selector.unregister(worker.process.stdout)  # type: ignore[arg-type]
        self._workers.remove(worker)
        worker.stop()
        if not worker.owes:
            return
        culprit, *rest = worker.owes.popleft()
        self.waiting.extendleft(reversed([*([rest] if rest else []), *worker.owes]))
        self._hire()
        yield culprit, None
