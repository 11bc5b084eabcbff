"""Layout of the written call: one line if it fits, else broken the way Black breaks it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vmapify.rewrite.example import PerExample

DEFAULT_WIDTH = 88  # Black's and ruff's default line length


@lru_cache(maxsize=256)
def line_length(folder: Path) -> int:
    """The line length that the nearest ``pyproject.toml`` sets for ruff or Black."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            try:
                tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
            except (OSError, ValueError):
                return DEFAULT_WIDTH
            found = tools.get("ruff", {}).get("line-length") or tools.get("black", {}).get("line-length")
            return found if isinstance(found, int) else DEFAULT_WIDTH
    return DEFAULT_WIDTH


def vmap_call(example: PerExample, vmap: str, out_axes: tuple[int, ...], room: int, indent: str, width: int) -> str:
    """``jax.vmap(f, in_axes=…, out_axes=…)(xs, …)``, broken over lines if longer than ``room``.

    ``indent`` is that of the statement, ``width`` the line length for the broken lines.
    """
    inside = [example.function, *_axes_text("in_axes", example.axes), *_axes_text("out_axes", out_axes)]
    head = f"{vmap}({', '.join(inside)})"
    plain = f"{head}({', '.join(example.arguments)})"
    if len(plain.split("\n", 1)[0]) <= room:
        return plain
    inner = f"\n{indent}    "
    passed = _lines(example.arguments, inner, width)
    if len(head) <= room - 1:
        return f"{head}({passed}\n{indent})"
    tail = f")({', '.join(example.arguments)})"
    if len(indent) + len(tail) > width:
        tail = f")({passed}\n{indent})"
    return f"{vmap}({_lines(inside, inner, width)}\n{indent}{tail}"


def _lines(parts: Sequence[str], inner: str, width: int) -> str:
    """``parts`` on one indented line if they fit, else one a line with a trailing comma."""
    plain = ", ".join(parts)
    if len(inner) - 1 + len(plain) <= width or len(parts) == 1:
        return f"{inner}{plain}"
    return "".join(f"{inner}{part}," for part in parts)


def _axes_text(name: str, axes: tuple[int | None, ...]) -> list[str]:
    """Nothing for all zeros; one number if all agree; else the tuple."""
    if all(axis == 0 for axis in axes):
        return []
    if len(set(axes)) == 1 and axes[0] is not None:
        return [f"{name}={axes[0]}"]
    return [f"{name}=({', '.join(str(axis) for axis in axes)})"]
