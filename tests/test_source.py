"""Reading, positions, edits and write-back."""

from __future__ import annotations

import codecs
import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmapify.diagnostic import Edit, Problem, Span
from vmapify.source import (
    Overlap,
    SourceFile,
    apply_edits,
    decode,
    may_hold_candidate,
    may_hold_suppression,
    read,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"x = 1\0", "NUL"),
        ("# caf\u00e9\n".encode("latin-1"), "not UTF-8"),
        ("# -*- coding: latin-1 -*-\n# caf\u00e9\n".encode(), "declares the encoding iso8859-1"),
    ],
)
def test_undecodable_bytes_are_a_problem_that_names_the_cure(raw: bytes, words: str) -> None:
    problem = decode("a.py", raw)
    assert isinstance(problem, Problem)
    assert words in problem.message


def test_undecodable_line_is_named() -> None:
    problem = decode("a.py", b"x = 1\ny = '\xff'\n")
    assert isinstance(problem, Problem)
    assert problem.line == 2


def test_ascii_declared_as_latin_1_is_read() -> None:
    assert isinstance(decode("a.py", b"# coding: latin-1\nx = 1\n"), SourceFile)


@pytest.mark.parametrize("name", ["missing.py", "folder", "book.ipynb"])
def test_unreadable_paths(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "book.ipynb").write_text("{")
    problem = read(str(tmp_path / name))
    assert isinstance(problem, Problem)
    assert name in problem.path


def test_byte_order_mark_and_line_ends_are_kept_apart_from_the_data() -> None:
    source = decode("a.py", codecs.BOM_UTF8 + b"x = 1\r\ny = 2\r\n")
    assert source == SourceFile("a.py", b"x = 1\r\ny = 2\r\n", "\r\n", bom=True)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@given(text=st.text(alphabet="aé\N{SNAKE} \n", max_size=40), data=st.data())
def test_positions_agree_with_a_plain_count(newline: str, text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    before = newline.join([*lines[:line], lines[line][:column]])
    source = SourceFile("a.py", newline.join(lines).encode(), newline)
    assert source.line_column(len(before.encode())) == (line + 1, column + 1)
    assert source.lines() == lines


@st.composite
def _text_and_edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    data = draw(st.binary(max_size=60).map(lambda raw: bytes(b % 128 for b in raw)))
    cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=8)))
    spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return data, [Edit(span, draw(st.text(alphabet="xé\n", max_size=5))) for span in spans]


@given(_text_and_edits(), st.randoms())
def test_edits_change_exactly_their_spans(case: tuple[bytes, list[Edit]], random: Random) -> None:
    data, edits = case
    shuffled = list(edits)
    random.shuffle(shuffled)
    expected = bytearray(data)
    for edit in reversed(edits):
        expected[edit.span.start : edit.span.end] = edit.content.encode()
    assert apply_edits(data, shuffled) == bytes(expected)


@given(_text_and_edits())
def test_undoing_edits_gives_the_text_back(case: tuple[bytes, list[Edit]]) -> None:
    data, edits = case
    new = apply_edits(data, edits)
    assert isinstance(new, bytes)
    back: list[Edit] = []
    shift = 0
    for edit in edits:
        content = edit.content.encode()
        start = edit.span.start + shift
        old = data[edit.span.start : edit.span.end].decode()
        back.append(Edit(Span(start, start + len(content)), old))
        shift += len(content) - (edit.span.end - edit.span.start)
    assert apply_edits(new, back) == data


@pytest.mark.parametrize(
    "spans", [(Span(0, 3), Span(2, 4)), (Span(1, 1), Span(1, 1)), (Span(0, 2), Span(0, 2)), (Span(2, 99),)]
)
def test_contradicting_edits_are_refused(spans: tuple[Span, ...]) -> None:
    assert isinstance(apply_edits(b"abcdef", [Edit(span, "x") for span in spans]), Overlap)


def test_touching_edits_are_fine() -> None:
    assert apply_edits(b"abcd", [Edit(Span(0, 2), "x"), Edit(Span(2, 4), "y"), Edit(Span(2, 2), "-")]) == b"x-y"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"import jax\nfor x in y: pass\n", True),
        (b"import jax.numpy as jnp\njnp.stack([f(x) for x in y])\n", True),
        (b"import jax\nlist(map(f, xs))\n", True),
        (b"import jax\nprint(format(1))\n", False),
        (b"for x in y: pass\n", False),
    ],
)
def test_prefilter(data: bytes, expected: bool) -> None:
    assert may_hold_candidate(data) is expected


def test_prefilter_of_comments() -> None:
    assert may_hold_suppression(b"# vmapify: ignore")
    assert may_hold_suppression(b"x  # NOQA: VM101")
    assert not may_hold_suppression(b"x  # noqa: F401")


def _on_disk(path: Path, raw: bytes) -> SourceFile:
    path.write_bytes(raw)
    source = read(str(path))
    assert isinstance(source, SourceFile)
    return source


def test_write_keeps_mode_bits_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    source = _on_disk(path, codecs.BOM_UTF8 + b"old\r\n")
    path.chmod(0o754)
    assert write(source, b"new\r\n") is None
    assert path.read_bytes() == codecs.BOM_UTF8 + b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


def test_write_goes_through_a_symbolic_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    link.symlink_to(target)
    source = read(str(link))
    assert isinstance(source, SourceFile)
    assert write(source, b"new") is None
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_write_refuses_a_file_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    source = _on_disk(path, b"old")
    path.write_bytes(b"somebody else's")
    problem = write(source, b"new")
    assert problem is not None
    assert "changed on disk" in problem.message
    assert path.read_bytes() == b"somebody else's"


def test_write_refuses_a_read_only_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    source = _on_disk(path, b"old")
    path.chmod(0o444)
    problem = write(source, b"new")
    assert problem is not None
    assert "read-only" in problem.message
    assert path.read_bytes() == b"old"


def test_write_reports_a_file_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    source = _on_disk(path, b"old")
    path.unlink()
    problem = write(source, b"new")
    assert problem is not None
    assert "cannot be written" in problem.message


def test_failed_write_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    source = _on_disk(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    problem = write(source, b"new")
    assert problem is not None
    assert "No space left" in problem.message
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]
