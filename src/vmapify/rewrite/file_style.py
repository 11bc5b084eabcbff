"""The layout a file keeps: its line length and its indentation, from its project's settings or from its lines."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.rewrite.layout import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.syntax import Module

DEFAULT_WIDTH = 88  # Black's and ruff's default line length
LENGTHS = (79, 80, 88, 100, 120)  # line lengths that projects agree on
FEW = 3  # lines over a limit that are taken for exceptions


def style_of(module: Module) -> Style:
    """The style of ``module``: what ruff, Black or flake8 are set to, else what its own lines show."""
    width = _configured(Path(os.path.realpath(module.path)).parent)
    lines = list(_code_lines(module))
    return Style(width or _usual_length([len(line) for line in lines]), _step(lines))


@lru_cache(maxsize=256)
def _configured(folder: Path) -> int | None:
    """The line length that the nearest settings say."""
    for place in (folder, *folder.parents):
        found = [width for name, read in _READERS.items() if (width := read(place / name)) is not None]
        if found:
            return found[0]
        if (place / "pyproject.toml").is_file() or (place / ".git").exists():
            return None
    return None


def _toml(path: Path) -> int | None:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    own = {} if path.name == "pyproject.toml" else found
    tables = [own, *(found.get("tool", {}).get(name) for name in ("ruff", "black"))]
    tables = [table for table in tables if isinstance(table, dict)]
    widths = [table["line-length"] for table in tables if isinstance(table.get("line-length"), int)]
    return next(iter(widths), DEFAULT_WIDTH if any(table is not own for table in tables) else None)


def _ini(path: Path) -> int | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    for section in ("flake8", "pycodestyle"):
        text = parser.get(section, "max-line-length", fallback="") or parser.get(
            section, "max_line_length", fallback=""
        )
        if text.split("#")[0].strip().isdecimal():
            return int(text.split("#")[0])
    return None


_READERS = dict.fromkeys(("ruff.toml", ".ruff.toml", "pyproject.toml"), _toml)
_READERS |= dict.fromkeys((".flake8", "setup.cfg", "tox.ini"), _ini)


def _code_lines(module: Module) -> Iterator[str]:
    """The lines without strings and comments: nothing else keeps to a line length."""
    texts = {
        line
        for node in module.of(ast.Constant, ast.JoinedStr)
        if node.end_lineno != node.lineno
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(module.data.decode("utf-8", "replace").split("\n"), 1):
        if number not in texts and not set(line) & set("#\"'\t"):
            yield line.rstrip()


def _usual_length(lengths: list[int]) -> int:
    """The smallest customary length that, but for a few, all lines keep to, if enough of them come near it."""
    for limit in LENGTHS:
        over = sum(length > limit for length in lengths)
        near = sum(limit - 9 < length <= limit for length in lengths)
        enough = near > FEW if limit < DEFAULT_WIDTH else True
        if enough and over <= (0 if limit < DEFAULT_WIDTH else max(FEW, len(lengths) // 200)):
            return limit
    return LENGTHS[-1]


def _step(lines: list[str]) -> int:
    """By how many columns the file indents what follows an opening bracket at the end of a line; 4 if it never does."""
    steps = Counter(
        _columns(after) - _columns(before)
        for before, after in pairwise(lines)
        if re.search(r"[(\[{]$", before) and after.strip()
    )
    usual = [(count, step) for step, count in steps.items() if step in {2, 4, 8}]
    return max(usual)[1] if usual else 4


def _columns(line: str) -> int:
    return len(line) - len(line.lstrip())
