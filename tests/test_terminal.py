"""How the command line answers somebody who types: mistakes, colours, completion, counts, progress."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import LOOP

from vmapify.cli.completion import SHELLS
from vmapify.cli.options import style_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("fake_core")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("chek",), "No such command 'chek'; did you mean `vmapify check`?"),
        (("a.py",), "No such command 'a.py'; did you mean `vmapify check a.py`?"),
        (("zzzz",), "the commands are check, fix, verify"),
        (("check", "--fix", "a.py"), "`vmapify fix a.py` runs both versions"),
        (("check", "--diff"), "`vmapify fix .` runs both versions"),
        (("fix", "--unsafe-fixes", "a.py"), "`vmapify fix --unsafe a.py`"),
        (("fix", "--diff", "--write", "a.py"), "leave one of them out"),
        (("check", "--selct", "VM1"), "--select"),
        (("check", "--select", "VM1O1"), "--select: unknown rule `VM1O1`; did you mean `VM101`?"),
        (("check", "--extend-ignore", "reduction-lop"), "did you mean `reduction-loop`?"),
        (("check", "--statistics", "--output-format", "sarif"), "--statistics counts as text or json"),
        (("rule", "ragged-shape"), "did you mean `ragged-shapes`?"),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(run: Run, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run(*words)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert (tmp_path / "a.py").read_text() == LOOP


def test_files_that_would_be_looked_at(run: Run, tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "c.txt"):
        (tmp_path / name).write_text("for (")
    assert run("check", "--show-files").stdout == "a.py\nb.py\n"
    assert run("check", "--show-files", "--exclude", "b.py").stdout == "a.py\n"


@pytest.mark.parametrize(
    ("variables", "terminal", "on"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], terminal: bool, on: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert style_from("auto").on is on
    assert not style_from("auto", to_file=True).on
    assert style_from("always").on
    assert not style_from("never").on


def test_statistics_are_counts_and_nothing_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP + LOOP.replace("energies", "others"))
    (tmp_path / "b.py").write_text(LOOP.replace("in xs:", "in carry:"))
    result = run("check", "--statistics", "--show-blocked", "--quiet")
    assert result.stdout == ("    2\tVM101\tappend-then-stack\n    1\tVM101\tblocked: loop-carried-dependency\n")
    document = json.loads(run("check", "--statistics", "--show-blocked", "--output-format", "json").stdout)
    assert document["statistics"] == [
        {"code": "VM101", "name": "append-then-stack", "verdict": "rewrite", "reason": None, "count": 2},
        {
            "code": "VM101",
            "name": "append-then-stack",
            "verdict": "blocked",
            "reason": "loop-carried-dependency",
            "count": 1,
        },
    ]
    assert document["errors"] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_a_script_of_the_shell(run: Run, tmp_path: Path, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_VMAPIFY_COMPLETE" in result.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(result.stdout)
        subprocess.run([shell, "-n", str(script)], check=True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("vmapify che", {"check"}),
        ("vmapify rule VM10", {"VM101", "VM102", "VM103", "VM104", "VM105"}),
        ("vmapify rule ragged", {"ragged-shapes"}),
        ("vmapify check --select VM101,VM90", {"VM101,VM901", "VM101,VM902"}),
        ("vmapify check --show-f", {"--show-files"}),
    ],
)
def test_commands_options_and_codes_are_completed(words: str, offered: set[str]) -> None:
    variables = {"_VMAPIFY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "vmapify"], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    found = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert offered <= found
    assert len(found) < 40


WATCHED = "import vmapify.cli.progress as p; p.AFTER = {after}; from vmapify.cli import main; main()"


def _seen(folder: Path, after: float, **variables: str) -> str:
    """What a terminal as standard error gets of a run over ``folder``."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED.format(after=after), "check", "--no-cache", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"} | variables,
    )
    os.close(theirs)
    seen = b""
    try:
        while block := os.read(ours, 4096):
            seen += block
    except OSError:  # the other end is closed
        pass
    process.wait()
    os.close(ours)
    return seen.decode()


def test_progress_is_for_terminals_and_for_long_runs(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"m{number}.py").write_text(LOOP)
    seen = _seen(tmp_path, 0.0)
    assert "files" in seen
    assert "/60" in seen
    assert seen.endswith("\x1b[1A\x1b[2K"), "nothing of it stays"
    assert _seen(tmp_path, 100.0) == ""
    assert _seen(tmp_path, 0.0, TERM="dumb") == ""
