"""Long benchmarks in parts: which things belong to a part, and the rows of all parts in one place."""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from collections.abc import Iterable


def part(text: str) -> tuple[int, int]:
    """``K/N``: the K-th of N parts."""
    k, _, n = text.partition("/")
    if not (k.isdigit() and n.isdigit() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(f"{text!r} is not K/N with 1 <= K <= N")
    return int(k), int(n)


def options(parser: argparse.ArgumentParser) -> None:
    """``--part``, ``--save`` and ``--merge``."""
    parser.add_argument("--part", type=part, default=(1, 1), metavar="K/N", help="run the K-th of N parts")
    parser.add_argument("--save", type=Path, metavar="FILE", help="add the rows to this file, as JSON lines")
    parser.add_argument(
        "--merge", type=Path, nargs="+", metavar="FILE", help="run nothing: take the rows of these files"
    )


def of_part(things: Iterable[Any], which: tuple[int, int]) -> list[Any]:
    """The K-th of N parts of equal size, drawn so that all take about as long; all things in their order if N is 1."""
    k, n = which
    listed = list(things)
    if n > 1:
        random.Random(0).shuffle(listed)
    return listed[k - 1 :: n]


def save(path: Path | None, rows: Iterable[Any]) -> None:
    """Add rows, each with the version of JAX that it was found on."""
    if path is not None:
        with path.open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(asdict(row) | {"jax": jax.__version__}) + "\n" for row in rows)


def merged(paths: Iterable[Path], kind: Any) -> tuple[list[Any], str]:
    """The rows of some files, and the versions of JAX that they were found on."""
    raw = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    versions = sorted({row.pop("jax") for row in raw})
    return [kind(**row) for row in raw], " and ".join(versions)
