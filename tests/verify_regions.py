"""Sites for tests of the verifier, cut out of source text between ``# region NAME`` and ``# end``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from vmapify.diagnostic import Lane, Site

if TYPE_CHECKING:
    from pathlib import Path


def region(path: Path, name: str, after: str, *, out: dict[str, int | None] | None = None, **fields: object) -> Site:
    """The site of a marked region of ``path`` with its rewrite; ``out`` maps outputs to their batch axis."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == f"# region {name}") + 1
    end = next(i for i in range(start, len(lines)) if lines[i].strip() == "# end")
    before = textwrap.dedent("\n".join(lines[start:end]))
    returns = before.splitlines()[-1].startswith("return")
    lanes = {"return": 0} if out is None else out
    return Site(
        path=str(path),
        line=start + 1,
        column=len(lines[start]) - len(lines[start].lstrip()),
        function=name,
        before=before,
        after=after,
        live_out=tuple(item for item in lanes if item != "return"),
        returns=returns,
        lanes=tuple(Lane(item, axis) for item, axis in lanes.items()),
        **fields,  # type: ignore[arg-type]
    )
