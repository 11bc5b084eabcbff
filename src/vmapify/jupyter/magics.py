"""The magics: they run the command line on a copy of the session's cells, in child processes that can be killed."""

from __future__ import annotations

import difflib
import json
import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = "%%vmapify"
APPLY = "--apply"


def register(shell: Any) -> None:
    """Offer the magics in an IPython shell."""

    def vmapify(line: str, cell: str) -> None:
        """``%%vmapify [--apply] [options of fix]``: run the cell, then show what of it can be `jax.vmap`."""
        words = shlex.split(line)
        shell.run_cell(cell)
        said, new = judged(earlier(shell), cell, [word for word in words if word != APPLY])
        _show(said)
        if new is not None and APPLY in words:
            shell.set_next_input(new if "jax" in shell.user_ns else f"import jax\n{new}", replace=True)
        elif new is not None:
            _show(f"{MAGIC} {APPLY} replaces the cell by this.")

    def vmapify_profile(line: str) -> None:
        """``%vmapify_profile [options of profile]``: where the time of the cells run so far goes."""
        with as_notebook(earlier(shell)) as path:
            done = _command("profile", *shlex.split(line), "--", path.name, folder=path.parent)
        _show(done.stdout.rstrip() or done.stderr.rstrip())

    shell.register_magic_function(vmapify, "cell", "vmapify")
    shell.register_magic_function(vmapify_profile, "line", "vmapify_profile")


def _show(text: str) -> None:
    """Under the cell, as its other output."""
    sys.stdout.write(f"{text}\n")


def earlier(shell: Any) -> list[str]:
    """The cells that were run before this one, as they were typed, without what asks for this tool."""
    cells = [str(cell) for cell in shell.history_manager.input_hist_raw[1:-1]]
    return [cell.partition("\n")[2] if cell.startswith(MAGIC) else cell for cell in cells]


def judged(cells: list[str], cell: str, options: list[str]) -> tuple[str, str | None]:
    """What is to be said of a cell behind some others, and its new text if there is one.

    The cells run once more, in a child process: what they keep in files, or were told by somebody, may differ there.
    """
    with as_notebook([*cells, cell]) as path:
        words = ("fix", "--write", "--no-rerun", "--show-blocked", "--show-open", "--output-format", "json", *options)
        done = _command(*words, path.name, folder=path.parent)
        try:
            findings = json.loads(done.stdout)["findings"]
        except ValueError:
            return done.stderr.strip() or done.stdout.strip(), None
        new = _cells(path)[-1]
    own = [finding for finding in findings if finding["cell"] == len(cells)]
    lines = [_line(finding) for finding in own] or ["No loop here that looks like jax.vmap."]
    before, after = (text.splitlines(keepends=True) for text in (cell.rstrip("\n"), new.rstrip("\n")))
    changed = [line.rstrip("\n") for line in difflib.unified_diff(before, after, "this cell", "with vmap")]
    return "\n".join([*lines, *changed]), new if changed else None


def _line(finding: dict[str, Any]) -> str:
    found = finding["verification"]
    place = f"line {finding['loop']['start']['line']}: {finding['code']}"
    if found is None:
        codes = [one["code"] for one in (*finding["reasons"], *finding.get("questions", ()))]
        return f"{place} {finding['verdict']}: {', '.join(dict.fromkeys(codes))}"
    speedup = found.get("speedup")
    ratio = f", {speedup['steady']:.2g} times as fast" if speedup else ""
    return f"{place} {found['verdict']}{ratio}" + (f": {found['reason']}" if found["verdict"] == "inconclusive" else "")


@contextmanager
def as_notebook(cells: list[str]) -> Iterator[Path]:
    """A notebook of some cells in the working directory, so that they find their files; it goes with the context."""
    code: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": c} for c in cells
    ]
    python = {"name": "python3", "language": "python", "display_name": "Python"}
    whole = {"cells": code, "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 4}
    descriptor, name = tempfile.mkstemp(prefix="vmapify-", suffix=".ipynb", dir=Path.cwd())
    os.close(descriptor)
    path = Path(name)
    try:
        path.write_text(json.dumps(whole), encoding="utf-8")
        yield path
    finally:
        path.unlink(missing_ok=True)


def _cells(path: Path) -> list[str]:
    raw = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in raw]


def _command(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command line, with the kernel's own interpreter for what is run."""
    command, *rest = words
    line = [sys.executable, "-m", "vmapify", command, "--python", sys.executable, *rest]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
