"""The other end of the pipe: a process that analyses files and writes each result as a line of JSON."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.pipeline.analysis import Analyser
from vmapify.pipeline.serialise import to_plain

if TYPE_CHECKING:
    from typing import IO

RARELY = 300_000
"""Objects between two collections: those of a file are needed as long as it is analysed, and dropped behind it."""


def main() -> None:
    """Answer requests from standard input until it ends. A request is a line: a list of paths."""
    gc.set_threshold(RARELY, 5, 5)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process also ends it
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not be taken for an answer
    try:
        serve(requests, answers)
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Analyse what is asked for; the first line names the root, and says whether loops that must stay are wanted and
    what results rest on."""
    root, blocked, noting = json.loads(requests.readline())
    analyser = Analyser(Path(root), blocked=blocked)
    for line in requests:
        for path in json.loads(line):
            result = analyser.file(path)
            fields = [to_plain(result), analyser.news()] if noting else [to_plain(result.alone())]
            answers.write(json.dumps(fields).encode() + b"\n")
            answers.flush()
