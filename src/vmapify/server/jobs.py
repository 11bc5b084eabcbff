"""Runs both versions of a loop for the editor, in a process of its own that can be ended at any time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE = 5.0
"""Seconds that the process gets to end what it has started."""
LONGEST = 2**24
"""Bytes that a line of its answer may have."""


class JobError(Exception):
    """There is no verdict; the message says in one line why."""


async def run_job(request: Mapping[str, object], folder: str, progress: Callable[[str], None]) -> dict[str, Any]:
    """The answer of a process that does what ``request`` says; ended with the task that waits for it.

    Args:
        request: see `vmapify.server.job`.
        folder: where the process runs.
        progress: told what it is doing.

    Raises:
        JobError: it could not do it.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the folder is not to be imported in place of what is installed
        "-m",
        "vmapify.server.job",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
        limit=LONGEST,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(dict(request)).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
        return await _answer(process.stdout, progress)
    finally:
        await _end(process)


async def _answer(lines: asyncio.StreamReader, progress: Callable[[str], None]) -> dict[str, Any]:
    async for line in lines:
        said = json.loads(line)
        if "result" in said:
            result: dict[str, Any] = said["result"]
            return result
        if "error" in said:
            raise JobError(said["error"])
        progress(said["progress"])
    raise JobError("the process that judges has ended without a verdict")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process: first by its input, which lets it end what it has started."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
