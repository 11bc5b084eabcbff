"""Reasons: where they are proven, and that they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.rewrite import analyze
from vmapify.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Finding

HEAD = "import jax\nimport jax.numpy as jnp\n"


def finding_in(text: str, path: Path) -> Finding:
    path.write_text(text)
    (finding,) = analyze(SourceFile(str(path), text.encode()), ())
    return finding


def test_names_of_a_star_import_are_followed(tmp_path: Path) -> None:
    callee = tmp_path / "checks.py"
    callee.write_text("from main import *\n\n\ndef checked(x):\n    return x if x > 0 else -x\n")
    loop = "def f(xs: jax.Array):\n    return jnp.stack([checked(x) for x in xs])\n"
    finding = finding_in(f"{HEAD}from checks import *\n\n\n{loop}", tmp_path / "main.py")
    (reason,) = finding.reasons
    assert (reason.code, reason.path, reason.line) == ("python-branch-on-value", str(callee), 5)
