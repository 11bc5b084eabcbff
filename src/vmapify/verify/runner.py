"""Run a child through the user's runner (``ssh host``, ``docker exec -i c``, ``srun``): its end here."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vmapify.verify.process import Ended, Tail, kill_group, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE = 3.0
"""Seconds that a runner gets to end by itself."""
AGENT = Path(__file__).with_name("agent.py")


def run_elsewhere(
    runner: str, python: str, task: dict[str, Any], channel: Path, stop: Callable[[], str | None]
) -> Ended:
    """Run ``task`` with ``python`` behind ``runner``; what the child reports is appended to ``channel``.

    The program is sent over standard input, so that no shell on the way has anything to quote.
    """
    command = [*shlex.split(runner), python, "-"]
    try:
        child = subprocess.Popen(  # noqa: S603 (the runner that the user named)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        return Ended(127, f"{command[0]} cannot be started: {error.strerror}")
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    lines, tail = _Lines(child.stdout, channel), Tail(child.stderr)
    threads = (lines, tail, threading.Thread(target=_send, args=(child.stdin, task), daemon=True))
    for thread in threads:
        thread.start()
    try:
        stopped = wait_for(child, stop, None)
    finally:
        _end(child)
    for thread in threads:
        thread.join(timeout=5)
    for pipe in (child.stdout, child.stderr):
        pipe.close()
    code = child.wait()
    if lines.ended is not None:
        printed, complained = lines.ended["printed"], lines.ended["complained"]
        return Ended(lines.ended["code"], stopped or lines.ended["stopped"], printed, complained)
    said = tail.text
    if stopped is None:
        last = (said.strip().splitlines() or [f"exit status {code}"])[-1]
        stopped = f"{runner} {python} ended before the program did: {last[:200]}"
    return Ended(code, stopped, "", said)


def answer(runner: str, python: str, program: str, seconds: float) -> tuple[str, int, str]:
    """What a short program behind the runner prints last, its exit status and last error line.

    Raises:
        OSError: the runner cannot be started.
        TimeoutExpired: it did not end in time.
    """
    done = subprocess.run(  # noqa: S603 (the runner that the user named)
        [*shlex.split(runner), python, "-"], input=program.encode(), capture_output=True, check=False, timeout=seconds
    )
    printed, said = (_last_line(text) for text in (done.stdout, done.stderr))
    return printed, done.returncode, said


def _last_line(text: bytes) -> str:
    return (text.decode("utf-8", "replace").strip().splitlines() or [""])[-1]


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the runner to end, so that the agent can kill its child (another session); then kill what is left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    kill_group(child)


def _send(pipe: IO[bytes], task: dict[str, Any]) -> None:
    program = AGENT.read_text(encoding="utf-8") + f"\n\nmain(json.loads({json.dumps(task)!r}))\n"
    try:
        pipe.write(program.encode())
        pipe.close()
    except BrokenPipeError:  # the runner ended; its own message says why
        return


class _Lines(threading.Thread):
    """Sorts what comes back: the child's reports go into the channel, the end is remembered, other text is noise."""

    def __init__(self, pipe: IO[bytes], channel: Path) -> None:
        super().__init__(daemon=True)
        self._pipe, self._channel = pipe, channel
        self.ended: dict[str, Any] | None = None

    def run(self) -> None:
        with self._channel.open("ab", buffering=0) as channel:
            for line in self._pipe:
                message = _parsed(line)
                if message.get("vmapify") == "line":
                    channel.write(message["text"].encode() + b"\n")
                elif message.get("vmapify") == "ended":
                    self.ended = message


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
