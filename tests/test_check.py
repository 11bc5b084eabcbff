"""``vmapify check`` from the outside: output, exit codes, bad input."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from conftest import LOOP

from vmapify import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("fake_core")


def test_finding_is_one_and_clean_is_zero(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import jax\n")
    assert run("check").exit_code == 0
    (tmp_path / "b.py").write_text(LOOP)
    result = run("check")
    assert result.exit_code == 1
    assert "b.py:7:5: VM101 [safe]" in result.stdout
    assert "return jax.vmap(jnp.sin)(xs)" in result.stdout
    assert "Found 1 loop" in result.stdout
    assert run("check", "--exit-zero").exit_code == 0


def test_text_shows_the_loop_and_what_the_rewrite_rests_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    lines = run("check").stdout.splitlines()
    assert "    7 -     for x in xs:" in lines
    assert "      +     return jax.vmap(jnp.sin)(xs)" in lines
    assert any("assumes" in line and "[nonempty]" in line for line in lines)


def test_blocked_loops_are_shown_on_request_and_ask_for_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP.replace("in xs:", "in carry:"))
    result = run("check")
    assert result.exit_code == 0
    assert "No loop to rewrite in 1 file (--show-blocked lists those that must stay, and why)." in result.stdout
    result = run("check", "--show-blocked")
    assert result.exit_code == 0
    assert "[blocked: loop-carried-dependency]" in result.stdout
    assert "make it a carry: `jax.lax.scan(" in result.stdout


def test_concise_is_one_line_a_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("check", "--output-format", "concise", "--quiet")
    assert result.stdout.count("\n") == 1


def test_json_is_the_contract(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("# \N{SNAKE}\n" + LOOP)
    (tmp_path / "bad.py").write_text("import jax\nfor (\n")
    result = run("check", "--output-format", "json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert list(document) == ["schema", "version", "findings", "errors"]
    assert (document["schema"], document["version"]) == (1, __version__)
    (finding,) = document["findings"]
    assert finding["path"] == "pkg/a.py"
    assert finding["loop"] == {"start": {"line": 8, "column": 5}, "end": {"line": 9, "column": 31}}
    assert finding["sink"]["start"] == {"line": 10, "column": 5}
    assert finding["edits"][0]["start"] == {"line": 7, "column": 5}
    assert finding["assumptions"] == [
        {"code": "nonempty", "message": "there is at least one row (of none, `xs` is an error in the loop)"}
    ]
    assert (finding["cell"], finding["verification"], finding["verdict"]) == (None, None, "rewrite")
    (error,) = document["errors"]
    assert (error["path"], error["line"]) == ("bad.py", 2)


def test_json_lines(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("check", "nowhere.py", "a.py", "--output-format", "json-lines")
    finding, error = (json.loads(line) for line in result.stdout.splitlines())
    assert finding["code"] == "VM101"
    assert error["error"]["path"] == "nowhere.py"


def test_bad_files_are_named_and_the_others_are_still_done(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(LOOP)
    (tmp_path / "syntax.py").write_text("import jax\nfor (\n")
    (tmp_path / "binary.py").write_bytes(b"\0\1\2")
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\n")
    (tmp_path / "crash.py").write_text(LOOP.replace("in xs:", "in boom:"))
    (tmp_path / "deep.py").write_text(LOOP.replace("in xs:", f"in {' + '.join(['xs'] * 3000)}:"))
    result = run("check", ".", "missing.py")
    assert result.exit_code == 2
    expected = {
        "syntax.py:2: error: cannot be parsed": "mend the syntax",
        "binary.py: error: holds NUL bytes": "exclude it",
        "latin.py:1: error: is not UTF-8": "save it as UTF-8",
        "crash.py: error: internal error: RuntimeError: boom": "please report it",
        "deep.py: error: an expression here is too deeply nested": "break it up or exclude the file",
        "missing.py: error: no such file": "check the path",
    }
    for start, cure in expected.items():
        (line,) = [line for line in result.stdout.splitlines() if line.startswith(start)]
        assert cure in line
    assert "good.py:7:5: VM101" in result.stdout


def test_trouble_wins_over_exit_zero(run: Run) -> None:
    assert run("check", "missing.py", "--exit-zero").exit_code == 2


def test_unreadable_directory_is_a_problem(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    result = run("check")
    assert result.exit_code == 2
    assert "cannot be listed (Permission denied)" in result.stdout


def test_no_file_is_a_warning_and_zero(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("check", "empty")
    assert result.exit_code == 0
    assert "no Python file found in empty" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--nonsense"], "No such option"),
        (["check", "--select", "VM11"], "unknown rule `VM11`"),
        (["check", "--ignore", "append-then-stak"], "did you mean `append-then-stack`?"),
        (["check", "--config", "none.toml"], "none.toml: cannot be read"),
        (["check", "--jobs", "0"], "--jobs"),
        (["frobnicate"], "No such command"),
    ],
)
def test_usage_errors_are_two(run: Run, arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_bad_configuration_is_two(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.vmapify]\nselekt = []\n")
    result = run("check")
    assert result.exit_code == 2
    assert "did you mean `select`?" in result.stderr
    assert run("check", "--isolated").exit_code == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--select", "VM102"], 0),
        (["--select", "VM1"], 1),
        (["--select", "append-then-stack"], 1),
        (["--ignore", "VM101"], 0),
        (["--ignore", "VM1", "--extend-select", "VM101"], 1),
    ],
)
def test_selection(run: Run, tmp_path: Path, options: list[str], expected: int) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    assert run("check", *options).exit_code == expected


def test_standard_input(run: Run) -> None:
    result = run("check", "-", "--stdin-filename", "pkg/model.py", "--output-format", "concise", input=LOOP)
    assert result.exit_code == 1
    assert result.stdout.startswith("pkg/model.py:7:5: VM101")
    assert run("check", "-", input=b"\xff\n").exit_code == 2


def test_output_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("check", "--output-format", "json", "-o", "report.json")
    assert result.stdout == ""
    assert json.loads((tmp_path / "report.json").read_text())["findings"]
    assert run("check", "-o", "no/such/dir.json").exit_code == 2


def test_colour_only_where_wanted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    assert "\x1b[" not in run("check").stdout
    assert "\x1b[" in run("check", "--color", "always").stdout


def test_statistics(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    assert "    1\tVM101\tappend-then-stack" in run("check", "--statistics").stdout


def test_processes_find_what_one_process_finds(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("import jax\nfor (\n")
    # The stand-in analyser does not reach spawned processes, but the parse error must.
    assert run("check", "--jobs", "2").exit_code == 2


def test_read_only_input_is_no_matter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    (tmp_path / "a.py").chmod(stat.S_IRUSR)
    assert run("check").exit_code == 1


BROKEN = {
    "bad.py": (b"x = 1\ndef f(:\n", "bad.py:2: error: cannot be parsed"),
    "deep.py": (b"import jax\n\ndef f():\n    return (\n", "deep.py:4: error: cannot be parsed"),
    "bad.ipynb": (b'{"cells": [', "bad.ipynb:1: error: is not a notebook"),
    "latin.py": ("x = 'é'\n".encode("latin-1"), "latin.py:1: error: is not UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("cache", [(), ("--no-cache",)])
def test_what_is_no_python_is_trouble_where_it_was_asked_for(
    run: Run, tmp_path: Path, name: str, cache: tuple[str, ...]
) -> None:
    data, told = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    for words in ((name,), ("--show-blocked",), (name, "."), (name, "--show-blocked"), (name,)):
        result = run("check", *words, *cache)
        assert result.exit_code == 2, words
        assert result.stdout.count(" error: ") == 1
        assert told in result.stdout
    result = run("check", "-", "--stdin-filename", name, input=data)
    assert (result.exit_code, result.stdout.count(" error: ")) == (2, 1)
    assert told in result.stdout
    assert run("fix", "--unverified", name).exit_code == 2


def test_a_cell_that_is_no_python_is_a_note_where_it_was_asked_for(run: Run, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": ["x = (\n"], "metadata": {}, "outputs": []}
    data = json.dumps({"cells": [cell], "nbformat": 4})
    (tmp_path / "cell.ipynb").write_text(data)
    told = "cell.ipynb:cell 1:1: note: this cell is left out, since it cannot be parsed ('(' was never closed)"
    for words in (("cell.ipynb",), ("--show-blocked",), ("cell.ipynb", "--show-blocked")):
        result = run("check", *words)
        assert (result.exit_code, result.stdout.count(told)) == (0, 1), words
    result = run("check", "-", "--stdin-filename", "cell.ipynb", input=data)
    assert (result.exit_code, result.stdout.count(told)) == (0, 1)


def test_what_is_python_without_a_loop_is_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("x = '\\d'\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "book.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": ["%matplotlib inline\n", "!ls\n"]}], "nbformat": 4})
    )
    for words in (("fine.py", "empty.py", "book.ipynb"), ("--show-blocked",)):
        assert run("check", *words).exit_code == 0
