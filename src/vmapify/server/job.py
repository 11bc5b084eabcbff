"""The process behind a command of the editor: judges or times one loop, and ends when nobody listens any more.

It reads one line of JSON from standard input: ``command``, ``path``, ``start`` and, for ``bench``, ``sizes``. It writes lines of
JSON: ``progress`` as often as there is any, and at last ``result`` or ``error``. When its input ends, it ends itself and what it
runs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from vmapify.config import ConfigError, load_settings
from vmapify.pipeline.one_loop import bench_loop, verify_loop

TERMINATED = 128 + signal.SIGTERM


def main() -> None:
    """Do what the line on standard input asks for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # what has started processes ends them
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    try:
        _tell("result", _done(request))
    except ConfigError as error:
        _tell("error", str(error))


def _done(request: dict[str, Any]) -> dict[str, Any]:
    path, start = request["path"], request["start"]
    settings = load_settings((path,))
    if request["command"] == "bench":
        return bench_loop(path, start, settings, tuple(request["sizes"]), _progress)
    return verify_loop(path, start, settings, _progress)


def _progress(text: str) -> None:
    if text:
        _tell("progress", text)


def _tell(kind: str, what: object) -> None:
    sys.stdout.write(json.dumps({kind: what}) + "\n")
    sys.stdout.flush()


def _end_with_the_input() -> None:
    while sys.stdin.readline():
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
