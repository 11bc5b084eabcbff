"""The program that runs a child on another machine: standard library only, sent over standard input.

It writes the worker's files into a folder of its own, starts the child there, and passes on what the child reports as
JSON lines on standard output. It kills the child when nobody listens any more, and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

TICK = 0.05
ALIVE = 1.0
"""Seconds between signs of life; writing one shows that the other end has gone."""
BLOCK, KEPT_BYTES = 65_536, 2**22


def main(task: dict[str, Any]) -> None:
    """Run ``task["command"]`` with the worker's files and the plan in place."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="vmapify-"))
    try:
        _tell("ended", **_run(_placed(task, folder), folder))
    except OSError as error:
        with contextlib.suppress(OSError):
            _tell(
                "ended",
                code=127,
                stopped=f"{task['command'][0]} cannot be started: {error.strerror}",
                printed="",
                complained="",
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _placed(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The task with this machine's folder in the place of ``task["here"]``, and all files written."""
    for name, text in task["files"].items():
        path = folder / "worker" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({**task["plan"], "channel": str(folder / "channel.jsonl")}))
    moved = json.loads(json.dumps([task["command"], task["roots"]]).replace(task["here"], str(folder / "worker")))
    return {**task, "command": moved[0], "roots": moved[1]}


def _environment(task: dict[str, Any], folder: Path) -> dict[str, str]:
    chosen = dict(os.environ)
    for name in task["removed"]:
        chosen.pop(name, None)
    chosen.update(task["variables"])
    roots = [*task["roots"], *filter(None, [chosen.get("PYTHONPATH")])]
    path = [*filter(None, [str(Path(sys.executable).parent)]), chosen.get("PATH", os.defpath)]
    return {
        **chosen,
        "PYTHONPATH": os.pathsep.join(roots),
        "PATH": os.pathsep.join(path),
        task["variable"]: str(folder / "plan.json"),
    }


def _run(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    if task["directory"] is not None:
        os.chdir(task["directory"])
    child = subprocess.Popen(  # noqa: S603 (what the user runs)
        task["command"],
        env=_environment(task, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    tails = [_Tail(pipe) for pipe in (child.stdout, child.stderr)]
    for tail in tails:
        tail.start()
    stopped = None
    try:
        stopped = _watch(child, folder / "channel.jsonl", task["memory_limit"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        _kill_strays(f"{task['variable']}={folder / 'plan.json'}".encode())
    for tail in tails:
        tail.join(timeout=5)
    printed, complained = (tail.kept.decode("utf-8", "replace") for tail in tails)
    return {"code": child.returncode, "stopped": stopped, "printed": printed, "complained": complained}


class _Tail(threading.Thread):
    """Reads a pipe to its end and remembers the last bytes."""

    def __init__(self, pipe: Any) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.kept = b""

    def run(self) -> None:
        while True:
            block = os.read(self._pipe.fileno(), BLOCK)
            if not block:
                return
            self.kept = (self.kept + block)[-KEPT_BYTES:]


def _watch(child: Any, channel: Path, limit: float | None) -> str | None:
    """Pass on the child's reports until it ends; the reason to kill it, if there is one."""
    offset, told = 0, time.monotonic()
    while True:
        running = child.poll() is None
        offset = _passed_on(channel, offset)
        if not running:
            return None
        if time.monotonic() - told > ALIVE:
            told = time.monotonic()
            _tell("alive")
            used = _memory(child.pid)
            if limit is not None and used > limit:
                return f"used {used:.1f} GB of memory, more than the limit of {limit:g} GB"
        time.sleep(TICK)


def _passed_on(channel: Path, offset: int) -> int:
    """Send the complete lines behind ``offset``; the new offset."""
    if not channel.exists():
        return offset
    with channel.open("rb") as stream:
        stream.seek(offset)
        data = stream.read()
    complete = data[: data.rfind(b"\n") + 1]
    for line in complete.splitlines():
        _tell("line", text=line.decode("utf-8", "replace"))
    return offset + len(complete)


def _memory(group: int) -> float:
    """Resident memory of a process group in GB, where the system shows it (Linux)."""
    pages = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if os.getpgid(int(entry.name)) == group:
                pages += int((entry / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


def _kill_strays(mark: bytes) -> None:
    """Kill what left the process group, as daemons do, but has this run's environment (Linux)."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)


def _tell(kind: str, **fields: Any) -> None:
    """One line to the other end. Raises BrokenPipeError if it has gone."""
    sys.stdout.write(json.dumps({"vmapify": kind, **fields}) + "\n")
    sys.stdout.flush()
