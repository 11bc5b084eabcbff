"""Run a child in its own process group: bounded output, memory watched, and no process left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BLOCK = 65_536
KEPT_BYTES = 2**22
"""Bytes of the child's output that are kept, the last ones; user code may print any number."""
TICK = 0.05
SHARE = 0.9
CGROUP = Path("/sys/fs/cgroup")
OUT_OF_TIME = ("timed out after", "stopped after", "finished")
"""How the reasons begin to stop a child that has done nothing wrong but take long."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: ``stopped`` is why we killed it (None if we did not), ``code`` as in subprocess.

    ``printed`` and ``complained`` are the ends of standard output and standard error.
    """

    code: int
    stopped: str | None
    printed: str = ""
    complained: str = ""

    @property
    def output(self) -> str:
        """All that it wrote, errors last."""
        apart = "\n" if self.printed and not self.printed.endswith("\n") else ""
        return f"{self.printed}{apart}{self.complained}"

    def cause(self, judged: str) -> str:
        """Why ``judged`` was not judged to its end."""
        return self.stopped or f"the process {ending(self.code)} while {judged} was judged"

    @property
    def out_of_time(self) -> bool:
        """Whether only time ran out: nothing went wrong until then."""
        return self.stopped is not None and self.stopped.startswith(OUT_OF_TIME)


class Tail(threading.Thread):
    """Reads a pipe to its end and remembers the last bytes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.kept = b""

    def run(self) -> None:
        while block := os.read(self._pipe.fileno(), BLOCK):
            self.kept = (self.kept + block)[-KEPT_BYTES:]

    @property
    def text(self) -> str:
        """What is kept, as text."""
        return self.kept.decode("utf-8", "replace")


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    stop: Callable[[], str | None],
    memory_limit: float | None,
    mark: str,
) -> Ended:
    """Run ``command`` until it ends or ``stop`` gives a reason to kill it, asked several times a second.

    The variable ``mark`` of the environment tells this run's processes from all others.
    """
    try:
        child = Child(command, environment)
    except OSError as error:
        return Ended(127, f"{command[0]} cannot be started: {error.strerror}")
    return followed(child, stop, memory_limit, (mark, environment[mark]))


def followed(child: Child, stop: Callable[[], str | None], memory_limit: float | None, mark: tuple[str, str]) -> Ended:
    """The end of a started child: its own, or the one that ``stop`` gives a reason for."""
    try:
        stopped = wait_for(child.process, stop, memory_limit or _spare_memory())
    finally:
        kill_group(child.process)
        _kill_strays(*mark)
    return child.ended(stopped)


class Child:
    """A started process, with ``passed`` descriptors of ours open in it. Raises OSError if it cannot be started."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], passed: Sequence[int] = ()) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (the workload that the user named)
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=passed,
        )
        _offer_first(self.process.pid)
        self._pipes = [pipe for pipe in (self.process.stdout, self.process.stderr) if pipe is not None]
        self._tails = [Tail(pipe) for pipe in self._pipes]
        for tail in self._tails:
            tail.start()

    def close(self) -> None:
        """Read no more of what it prints."""
        for tail, pipe in zip(self._tails, self._pipes, strict=True):
            tail.join(timeout=5)
            pipe.close()

    def ended(self, stopped: str | None) -> Ended:
        """How it ended, once it was killed or has ended by itself."""
        self.close()
        return Ended(self.process.wait(), stopped, *(tail.text for tail in self._tails))


def ending(code: int) -> str:
    """A child's end in words: the signal or the exit status."""
    if code >= 0:
        return f"exited with status {code}"
    try:
        return f"died of {signal.Signals(-code).name}"
    except ValueError:
        return f"died of signal {-code}"


def wait_for(child: subprocess.Popen[bytes], stop: Callable[[], str | None], memory_limit: float | None) -> str | None:
    """Wait until the child ends, or there is a reason to kill it, which is returned."""
    checked = time.monotonic()
    while child.poll() is None:
        reason = stop()
        if reason is None and memory_limit is not None and time.monotonic() - checked > 4 * TICK:
            checked = time.monotonic()
            reason = _over(child.pid, memory_limit)
        if reason is not None:
            return reason
        time.sleep(TICK)
    return None


def _spare_memory() -> float:
    """Most of what the machine, or this container, has left, in GB: the limit where none is given."""
    spare = psutil.virtual_memory().available
    with contextlib.suppress(OSError, ValueError):
        most, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        spare = min(spare, most - used)
    return SHARE * spare / 1e9


def _offer_first(pid: int) -> None:
    """Should the system run out of memory all the same, let it kill the child and nobody else (Linux)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _over(pid: int, limit: float) -> str | None:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        used = sum(process.memory_info().rss for process in family) / 1e9
    except psutil.Error:
        return None
    return f"used {used:.1f} GB of memory, more than the limit of {limit:g} GB" if used > limit else None


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child with all of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _kill_strays(variable: str, value: str) -> None:
    """Kill what left the group, as daemons do, but still has this run's environment; where the system shows it."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(variable) == value:
                process.kill()
