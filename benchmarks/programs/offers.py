"""What ``vmapify check`` offers for programs, and the programs with its edits applied."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from programs.draft import Program

CHECK = ("check", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json", "--jobs", "1", ".")


def offers(programs: Iterable[Program]) -> dict[str, list[dict[str, Any]]]:
    """The findings that can be written, by the name of the program; one run of the tool for all programs.

    Raises:
        RuntimeError: the tool failed, or could not analyse a program.
    """
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            (Path(folder) / f"{program.name}.py").write_text(program.text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "vmapify", *CHECK], check=False, capture_output=True, text=True, cwd=folder
        )
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError(f"vmapify check failed: {done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    if report["errors"]:
        raise RuntimeError(f"vmapify check: {report['errors'][0]}")
    found = defaultdict(list)
    for finding in report["findings"]:
        if finding["verdict"] == "rewrite" and finding["applicability"] in {"safe", "unverified"}:
            found[Path(finding["path"]).stem].append(finding)
    return found


def applied(text: str, findings: Iterable[dict[str, Any]]) -> str:
    """The text with the edits of the findings; of findings that overlap, the first."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    taken: list[tuple[int, int, str]] = []
    for finding in findings:
        edits = [
            (
                starts[edit["start"]["line"] - 1] + edit["start"]["column"] - 1,
                starts[edit["end"]["line"] - 1] + edit["end"]["column"] - 1,
                edit["content"],
            )
            for edit in finding["edits"]
        ]
        fresh = [edit for edit in edits if edit not in taken]
        if not any(_overlap(one, other) for one in fresh for other in taken):
            taken += fresh
    for start, end, content in sorted(taken, reverse=True):
        text = text[:start] + content + text[end:]
    return text


def _overlap(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] == other[0] or (one[0] < other[1] and other[0] < one[1])
