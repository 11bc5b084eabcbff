"""What files hold may not steer a terminal, nor look like a finding."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from vmapify.report.visible import visible, visible_name

if TYPE_CHECKING:
    from pathlib import Path

LOOP = "import jax, jax.numpy as jnp\n\ndef f(xs: jax.Array):\n    return jnp.stack([jnp.sin(x) for x in xs])  # {}\n"
NASTY = "\x1b]0;title\x07 \x1b[2J \x08\x9b31m \u202edlrow\u2066 \x7f"
FORMATS = ("text", "concise", "github", "gitlab", "sarif", "junit", "json", "json-lines")
STEERING = set(map(chr, (*range(9), *range(14, 32), *range(127, 160), 0x202E, 0x2066)))


def _check(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "vmapify", "check", "--no-cache", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("output_format", "color"), [*((form, "never") for form in FORMATS), ("text", "always"), ("concise", "always")]
)
def test_no_format_lets_control_characters_through(tmp_path: Path, output_format: str, color: str) -> None:
    for name in (b"a.py", b"\x1b[31mred.py", b"n\xffame.py", b"x\na.py:1:1: VM101 fake.py", "\u202eyp.py".encode()):
        (tmp_path / os.fsdecode(name)).write_text(LOOP.format(NASTY))
    done = _check(tmp_path, "--output-format", output_format, "--color", color)
    assert done.returncode == 1
    text = done.stdout.decode("utf-8", "surrogateescape")
    for code in ("0", "1", "2", "31", "32", "33", "36"):
        text = text.replace(f"\x1b[{code}m", "") if color == "always" else text
    if output_format in {"text", "concise", "github", "junit"}:
        assert not STEERING & set(text)
    assert not any(line.startswith("a.py:1:1: VM101 fake") for line in text.splitlines())
    if output_format == "junit":
        ET.fromstring(done.stdout)


def test_a_reader_sees_what_is_there() -> None:
    assert visible("a\tb\n\x0cc\r\n") == "a\tb\n\x0cc\r\n"
    assert visible("a\rb") == "a\\rb"
    assert visible("\x1b[31mred") == "\\x1b[31mred"
    assert visible("\x1b[31mred\x1b[0m \x1b[2J", coloured=True) == "\x1b[31mred\x1b[0m \\x1b[2J"
    assert visible("größer \u202e") == "größer \\u202e"
    assert visible_name("a\nb\udcff") == "a\\nb\\xff"


def test_one_file_never_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text(LOOP.format("fine"))
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    digits = "9" * 5000
    (tmp_path / "big.ipynb").write_text(f'{{"cells": [], "nbformat": 4, "nbformat_minor": {digits}}}')
    for options in ((), ("--show-blocked",), ("--jobs", "2", "--show-blocked")):
        done = _check(tmp_path, *options)
        assert b"fine.py:4:12: VM102" in done.stdout, options
        assert b"Traceback" not in done.stderr
    named = _check(tmp_path, "fine.py", "loop.py", "pipe.py", "zero.py", "big.ipynb")
    assert named.returncode == 2
    assert b"fine.py:4:12: VM102" in named.stdout
    for name in (b"loop.py", b"pipe.py", b"zero.py", b"big.ipynb"):
        assert sum(line.startswith(name + b": error: ") for line in named.stdout.splitlines()) == 1, name
    assert b"Traceback" not in named.stderr


def test_comprehensions_inside_each_other_are_not_compiled_too_deep(tmp_path: Path) -> None:
    nested = "x"
    for depth in range(40):
        nested = f"[{nested} for a{depth} in b]"
    head = "import jax, jax.numpy as jnp\n\ndef f(xs: jax.Array, b):\n"
    text = f"{head}    return jnp.stack([jnp.sum(x) * len({nested}) for x in xs])\n"
    (tmp_path / "deep.py").write_text(text)
    done = _check(tmp_path, "--show-blocked", "deep.py")
    assert done.returncode == 0, done.stdout
    assert b"16 comprehensions" in done.stdout


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP.format("a"))
    (tmp_path / "report.txt").write_text("old")
    (tmp_path / "report.txt").chmod(0o640)
    assert _check(tmp_path, "-o", "report.txt", "a.py").returncode == 1
    assert "VM102" in (tmp_path / "report.txt").read_text()
    assert (tmp_path / "report.txt").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "report.txt"]
    assert b"VM102" in _check(tmp_path, "-o", "/dev/stdout", "a.py").stdout
