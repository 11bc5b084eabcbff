"""Suppression comments: found, obeyed, and found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import LOOP

from vmapify.source import SourceFile
from vmapify.source.suppression import Suppression, suppressions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("fake_core")


def _parse(text: str) -> tuple[Suppression, ...]:
    return suppressions(SourceFile("a.py", text.encode()))


@pytest.mark.parametrize(
    ("comment", "scope", "codes"),
    [
        ("# vmapify: ignore", "line", ()),
        ("# vmapify: ignore because I say so", "line", ()),
        ("# vmapify: ignore[VM101] why", "line", ("VM101",)),
        ("#vmapify:ignore[VM101,VM102]", "line", ("VM101", "VM102")),
        ("# type: ignore  # vmapify: ignore[append-then-stack]", "line", ("append-then-stack",)),
        ("# vmapify: ignore-file", "file", ()),
        ("# vmapify: ignore-file[VM104] sums are fine", "file", ("VM104",)),
        ("# noqa: VM101", "line", ("VM101",)),
        ("# NOQA:E501,vm101", "line", ("E501", "VM101")),
        ("# noqa", "line", ()),
    ],
)
def test_well_formed_comments(comment: str, scope: str, codes: tuple[str, ...]) -> None:
    (found,) = _parse(f"x = 'é'  {comment}\n")
    assert (found.scope, found.codes, found.error, found.line) == (scope, codes, None, 1)
    data = f"x = 'é'  {comment}\n".encode()
    assert data[found.span.start : found.span.end].decode() in comment


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("# vmapify: disable", "unknown directive `disable`"),
        ("# vmapify:", "unknown directive ``"),
        ("# vmapify: ignore[VM101", "the bracket is not closed"),
        ("# vmapify: ignore[]", "no code between the brackets"),
        ("# vmapify: ignore=VM101", "`ignore=VM101` is not a directive"),
    ],
)
def test_malformed_comments_say_what_is_wrong(comment: str, words: str) -> None:
    (found,) = _parse(comment + "\n")
    assert found.error is not None
    assert words in found.error


@pytest.mark.parametrize(
    "text",
    [
        "x = '# vmapify: ignore'\n",
        '"""\n# vmapify: ignore\n"""\n',
        "# vmapify is a linter\n",
        "# noqa: E501\n",
        "x = (  # vmapify: ignore\n",  # does not tokenise
    ],
)
def test_what_is_no_suppression(text: str) -> None:
    assert _parse(text) == ()


def test_lines_are_counted_as_python_counts_them() -> None:
    (found,) = _parse("a = 1\r\nb = '''\f\r\n'''\r\nc = 3  # vmapify: ignore\r\n")
    assert found.line == 4


@pytest.mark.parametrize(
    "silenced",
    [
        LOOP.replace("in xs:", "in xs:  # vmapify: ignore[VM101] why"),
        LOOP.replace("in xs:", "in xs:  # noqa: VM101"),
        LOOP.replace("in xs:", "in xs:  # noqa"),
        LOOP.replace("stack(out)", "stack(out)  # vmapify: ignore"),
        LOOP.replace("in xs:", "in xs:  # vmapify: ignore[append-then-stack]"),
        "# vmapify: ignore-file\n" + LOOP,
    ],
)
def test_silenced_loops_are_shown_on_request_only(run: Run, tmp_path: Path, silenced: str) -> None:
    (tmp_path / "a.py").write_text(silenced)
    result = run("check")
    assert result.exit_code == 0
    assert "VM1" not in result.stdout
    result = run("check", "--show-suppressed")
    assert result.exit_code == 0
    assert "VM101 [suppressed]" in result.stdout


@pytest.mark.parametrize(
    "text",
    [
        LOOP.replace("in xs:", "in xs:  # vmapify: ignore[VM102]"),
        LOOP.replace("append(jnp.sin(x))", "append(jnp.sin(x))  # vmapify: ignore[VM101]"),
    ],
)
def test_comments_elsewhere_or_for_other_rules_silence_nothing(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    result = run("check", "--output-format", "concise")
    assert result.exit_code == 1
    assert " VM101 [safe]" in result.stdout
    assert " VM901 `# vmapify: ignore[" in result.stdout


def test_unused_is_said_only_of_rules_that_were_looked_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # vmapify: ignore[VM101]\ny = 2  # vmapify: ignore\n")
    assert run("check").stdout.count("VM901") == 2
    assert run("check", "--ignore", "VM101").exit_code == 0
    assert run("check", "--ignore", "VM9").exit_code == 0


def test_unused_noqa_counts_only_for_our_codes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # noqa\ny = 2  # noqa: E501, VM101\nz = 3  # vmapify\n")
    result = run("check", "--output-format", "concise")
    assert result.stdout.count("VM901") == 1
    assert "a.py:2:8" in result.stdout


def test_malformed_comments_are_findings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # vmapify: ignore[VM110]\ny = 2  # vmapify: off\n")
    result = run("check")
    assert result.exit_code == 1
    assert "a.py:1:8: VM902 suppression comment has no effect: unknown rule `VM110`" in result.stdout
    assert "a.py:2:8: VM902" in result.stdout


def test_a_comment_on_a_blocked_loop_is_in_use(run: Run, tmp_path: Path) -> None:
    blocked = LOOP.replace("in xs:", "in carry:  # vmapify: ignore[VM101] a recurrence")
    (tmp_path / "a.py").write_text(blocked)
    assert run("check").exit_code == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_add_ignore_silences_what_is_found(run: Run, tmp_path: Path, newline: str) -> None:
    text = "# é\n" + LOOP + LOOP.replace("in xs:", "in xs:  # keep  ").replace("energies", "others")
    (tmp_path / "a.py").write_bytes(text.replace("\n", newline).encode())
    result = run("check", "--add-ignore=kept for teaching")
    assert result.exit_code == 0
    assert "Silenced 2 loops" in result.stdout
    written = (tmp_path / "a.py").read_bytes().decode()
    assert f"for x in xs:  # vmapify: ignore[VM101] kept for teaching{newline}" in written
    assert f"in xs:  # keep  # vmapify: ignore[VM101] kept for teaching{newline}" in written
    assert run("check").exit_code == 0
    assert run("check", "--add-ignore").exit_code == 0
    assert (tmp_path / "a.py").read_bytes().decode() == written


def test_the_word_after_add_ignore_is_a_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    (tmp_path / "b.py").write_text(LOOP)
    assert run("check", "--add-ignore", "a.py").exit_code == 0
    assert (tmp_path / "b.py").read_text() == LOOP
    assert "# vmapify: ignore[VM101]\n" in (tmp_path / "a.py").read_text()


def test_add_ignore_never_continues_a_backslash(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP.replace("for x in xs:", "for x \\\n            in xs:"))
    assert run("check", "--add-ignore").exit_code == 0
    assert "stack(out)  # vmapify: ignore[VM101]\n" in (tmp_path / "a.py").read_text()


def test_add_ignore_on_a_read_only_file_is_trouble(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    (tmp_path / "a.py").chmod(0o444)
    result = run("check", "--add-ignore")
    assert result.exit_code == 2
    assert "read-only" in result.stdout
