"""The files of a git work tree as they were at another revision."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextlib.contextmanager
def unpacked(revision: str, paths: Sequence[str]) -> Iterator[tuple[list[tuple[str, str]], str]]:
    """The Python files under ``paths`` that differ, as (path at the revision, path now), and where the old ones lie.

    Everything of the revision is unpacked into a folder of its own, so that the old files find their old neighbours.
    """
    top = _git("rev-parse", "--show-toplevel").decode().strip()
    listed = _git("diff", "--name-only", "--diff-filter=M", "-z", revision, "--", *paths).decode().split("\0")
    names = [name for name in listed if name.endswith(".py")]
    with tempfile.TemporaryDirectory(prefix="vmapify-base-") as folder:
        if names:
            with tarfile.open(fileobj=io.BytesIO(_git("-C", top, "archive", revision))) as archive:
                archive.extractall(folder, filter="data")
        yield [(name, os.path.relpath(Path(top) / name)) for name in names], folder


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607 (git as the user has it)
    except OSError as error:
        raise ConfigError(f"git cannot be started ({error.strerror}); --base needs it") from None
    if done.returncode != 0:
        why = (done.stderr.decode("utf-8", "replace").splitlines() or [""])[0]
        raise ConfigError(f"git says: {why}")
    return done.stdout
