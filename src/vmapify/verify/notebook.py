"""A notebook as a program: the code of each cell, with IPython's commands replaced by what they mean for a run."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmapify.source import Cell, SourceFile
    from vmapify.source.magics import Magic

_ENVIRONMENT = re.compile(r"%(?:set_)?env\s+(?P<name>\w+)(?:\s*=\s*|\s+)(?P<value>\S.*?)\s*")
_DIRECTORY = re.compile(r"%?cd\s+(?P<path>[^-\s].*?)\s*")


@dataclass(frozen=True, slots=True)
class Step:
    """A cell to run: its ``number`` (counting all cells from 0), its Python, and whether it is expected to fail."""

    number: int
    code: str
    fails: bool


def steps(source: SourceFile) -> list[dict[str, Any]]:
    """The cells of a notebook in the plain data that crosses to the worker; line numbers are those of the cells."""
    return [asdict(Step(cell.number, _code(cell, source), cell.fails)) for cell in source.cells]


def _code(cell: Cell, source: SourceFile) -> str:
    """``%%timeit`` runs a cell in a scope of its own, so that nothing of it is left: it is left out."""
    if cell.timed:
        return ""
    pieces: list[bytes] = []
    done = cell.span.start
    for magic in cell.magics:
        pieces += [source.data[done : magic.span.start], _meaning(magic, source).encode("utf-8")]
        done = magic.span.end
    text = b"".join([*pieces, source.data[done : cell.span.end]]).decode("utf-8")
    return textwrap.dedent(text) if text[:1] in {" ", "\t"} else text


def _meaning(magic: Magic, source: SourceFile) -> str:
    """Python for a command, as many lines long: variables of the environment count, everything else does nothing."""
    if magic.effect == "timed":
        return source.data[magic.span.start : magic.span.end].decode("utf-8")
    text = source.shown[magic.span.start : magic.span.end].decode("utf-8")
    lines = "\n" * (text.replace("\r\n", "\n").replace("\r", "\n").count("\n"))
    if found := _ENVIRONMENT.fullmatch(text):
        return f"__import__('os').environ[{json.dumps(found['name'])}] = {json.dumps(found['value'])}"
    if found := _DIRECTORY.fullmatch(text):
        return f"__import__('os').chdir({json.dumps(found['path'])})"
    return ("[]" if text.startswith("!") else "None") + lines
