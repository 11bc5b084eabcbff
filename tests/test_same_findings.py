"""Prefilter, cache and processes change how long a run takes, and not one byte of what it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

FIXTURES = Path(__file__).parents[1] / "fixtures"
PLAIN = "import numpy as np\n\n\ndef total(xs):\n    return sum(float(x) for x in xs)\n"
FOLLOWING = """\
import jax.numpy as jnp

from pkg.{module} import energy


def energies(xs):
    return jnp.stack([energy(x) for x in xs])
"""

Run = tuple[str, ...]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fixtures of every folder, files without candidates, and a package whose modules import each other."""
    root = tmp_path_factory.mktemp("tree")
    for path in sorted(FIXTURES.glob("*/*.py"))[::4]:
        (root / path.parent.name).mkdir(exist_ok=True)
        shutil.copyfile(path, root / path.parent.name / path.name)
    (root / "pkg").mkdir()
    texts = {"__init__": "", "plain": PLAIN, "one": FOLLOWING.format(module="two"), "odd": "import jax\nfor (\n"}
    texts["two"] = FOLLOWING.format(module="one") + "\n\ndef energy(x):\n    return jnp.sum(x**2)\n"
    texts["three"] = FOLLOWING.format(module="missing") + "    # vmapify: ignore[VM101] is not VM102\n"
    for name, text in texts.items():
        (root / "pkg" / f"{name}.py").write_text(text)
    return root


@pytest.fixture(scope="module")
def said(tree: Path) -> Callable[..., str]:
    """What a run over the tree says, in JSON."""

    def run(*options: str, **environment: str) -> str:
        words = [sys.executable, "-m", "vmapify", "check", ".", "--isolated", "--output-format", "json"]
        done = subprocess.run(
            [*words, "--show-blocked", "--show-suppressed", *options],
            cwd=tree,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 2, done.stderr  # one file cannot be parsed
        return done.stdout

    return run


@pytest.fixture(scope="module")
def plain(said: Callable[..., str]) -> str:
    """What one process says that knows nothing from before."""
    return said("--no-cache", "--jobs", "1")


def test_processes(said: Callable[..., str], plain: str) -> None:
    assert plain.count('"code": "VM') > 20
    assert said("--no-cache", "--jobs", "3") == plain


def test_prefilter(said: Callable[..., str], plain: str) -> None:
    assert said("--no-cache", "--jobs", "2", VMAPIFY_PREFILTER="off") == plain


def test_cache(said: Callable[..., str], plain: str, tree: Path, tmp_path: Path) -> None:
    cache = ("--cache-dir", str(tmp_path / "cache"))
    assert said(*cache) == plain
    assert said(*cache) == plain
    for path in (tree / "pkg").iterdir():
        path.touch()
    assert said(*cache, "--jobs", "2") == plain


def test_reasons_in_other_files_name_them_from_the_working_directory(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "rows.py").write_text("def row(x):\n    if x > 0:\n        return x\n    return -x\n")
    text = "import jax\nimport jax.numpy as jnp\nfrom pkg.rows import row\n\n\ndef f(xs: jax.Array):\n"
    (tmp_path / "pkg" / "a.py").write_text(text + "    return jnp.stack([row(x) for x in xs])\n")
    (finding,) = json.loads(run("check", "--show-blocked", "--output-format", "json").stdout)["findings"]
    assert [reason["path"] for reason in finding["reasons"]] == ["pkg/rows.py"]
