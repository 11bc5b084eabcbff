"""Notebooks for tests: made from text in which ``# %%`` begins a code cell and ``# %% [markdown]`` another one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1] / "fixtures" / "notebooks"
_MARK = re.compile(r"  # (?P<mark>VM\d{3}|blocked: [a-z-]+(?:, [a-z-]+)*)$", re.MULTILINE)
_OUTPUT = "\n# output\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: cells before and after, and the expected ``(cell, line, mark)``, cells counted from 0."""

    name: str
    before: str
    after: str
    marks: tuple[tuple[int, int, str], ...]


def read_case(path: Path) -> Case:
    """Read ``fixtures/notebooks/NAME.cells``."""
    marked, separator, output = path.read_text(encoding="utf-8").partition(_OUTPUT)
    marked = marked.rstrip("\n") + "\n"
    before = _MARK.sub("", marked)
    marks = tuple(
        (number, text.count("\n", 0, found.start()) + 1, found["mark"])
        for number, (_, text) in enumerate(split(marked))
        for found in _MARK.finditer(text)
    )
    return Case(path.stem, before, output if separator else before, marks)


def find_cases() -> list[Case]:
    """All fixtures."""
    return [read_case(path) for path in sorted(ROOT.glob("*.cells"))]


def split(text: str) -> list[tuple[str, str]]:
    """Kind and source of each cell; the last line end of a cell is that of the next header."""
    parts = re.split(r"^# %%(?: \[(\w+)\])?\n", text, flags=re.MULTILINE)[1:]
    return [(kind or "code", source.removesuffix("\n")) for kind, source in zip(parts[::2], parts[1::2], strict=True)]


def joined(cells: list[tuple[str, str]]) -> str:
    """The inverse of ``split``."""
    return "".join(f"# %%{'' if kind == 'code' else f' [{kind}]'}\n{source}\n" for kind, source in cells)


def document(text: str) -> dict[str, object]:
    """The notebook that Jupyter would save."""
    cells = [_cell(kind, source) for kind, source in split(text)]
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, source: str) -> dict[str, object]:
    more = {"execution_count": 1, "outputs": [{"name": "stdout", "text": ["jax\n"]}]} if kind == "code" else {}
    return {"cell_type": kind, "id": "a1", "metadata": {}, **more, "source": source.splitlines(keepends=True)}


def notebook(text: str) -> str:
    """The text of its file."""
    return json.dumps(document(text), indent=1, ensure_ascii=False) + "\n"


def cells_of(raw: str) -> str:
    """The cells of a notebook's file in the form of ``split``."""
    return joined([(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(raw)["cells"]])
