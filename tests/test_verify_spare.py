"""A child that is started before there is anything to judge: what it may do, and what it must not change."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from verify_regions import region

from vmapify.verify import Spare, VerifyOptions, judge_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from vmapify.diagnostic import Verification

MODEL = """\
import jax
import jax.numpy as jnp


def stack(xs: jax.Array):
    \"""A loop.

    xs: array, shape (n, 3)
    \"""
    # region stack
    return jnp.stack([jnp.sin(x) for x in xs])
    # end
"""
RIGHT, WRONG = "return jax.vmap(jnp.sin)(xs)", "return jax.vmap(jnp.sin)(xs[::-1])"
WAITS = 30.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.delenv("JAX_ENABLE_X64", raising=False)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


@pytest.fixture
def children() -> Iterator[Callable[[], list[psutil.Process]]]:
    """The processes started since, that are still there."""
    before = {process.pid for process in psutil.process_iter()}

    def new() -> list[psutil.Process]:
        return [p for p in psutil.Process().children(recursive=True) if p.pid not in before]

    yield new
    assert not new()


def judged(project: Path, *rewrites: str) -> list[Verification]:
    options = VerifyOptions(python=sys.executable)
    with Spare(options) as spare:
        spare.begin()
        sites = [region(project / "model.py", "stack", after) for after in rewrites]
        found = judge_sites(sites, options, spare=spare)
    return [found[index] for index in range(len(sites))]


def test_it_judges_as_a_child_that_is_started_late(project: Path, children: Callable[[], list[psutil.Process]]) -> None:
    right, wrong = judged(project, RIGHT, WRONG)
    assert (right.verdict, right.inputs, right.enable_x64) == ("identical", "synthesized", False)
    assert wrong.verdict == "different"
    assert not children()


def test_nothing_of_the_users_runs_in_a_child_that_nobody_takes(
    project: Path, children: Callable[[], list[psutil.Process]]
) -> None:
    for name in ("jax", "queue", "sitecustomize_", "model"):
        (project / f"{name}.py").write_text(f"open({str(project / 'ran')!r}, 'w')\n")
    with Spare(VerifyOptions(python=sys.executable)) as spare:
        spare.begin()
        (child,) = children()
        while "jax" not in "".join(entry.path for entry in child.memory_maps()):
            time.sleep(0.05)
    assert not (project / "ran").exists()
    assert not child.is_running()


def test_what_a_module_sets_before_it_imports_jax_holds(project: Path) -> None:
    text = "import os\n\nos.environ['JAX_ENABLE_X64'] = 'True'\n" + MODEL
    (project / "model.py").write_text(text)
    (verification,) = judged(project, RIGHT)
    assert (verification.verdict, verification.enable_x64) == ("identical", True)


def test_modules_in_the_working_directory_come_before_those_that_jax_needs(project: Path) -> None:
    (project / "gzip.py").write_text("FACTOR = 3.0\n")
    text = MODEL.replace("import jax\n", "import gzip\nimport jax\n", 1)
    (project / "model.py").write_text(text.replace("jnp.sin(x)", "gzip.FACTOR * x"))
    (verification,) = judged(project, "return jax.vmap(lambda x: gzip.FACTOR * x)(xs)")
    assert verification.verdict == "identical", verification.reason


def test_a_module_that_cannot_be_loaded_is_told_as_ever(project: Path) -> None:
    (project / "model.py").write_text(f"import no_such_package\n{MODEL}")
    (verification,) = judged(project, RIGHT)
    assert verification.verdict == "inconclusive"
    assert "no_such_package" in verification.reason


@pytest.mark.parametrize(
    "options", [{"run": "python model.py"}, {"runner": "env"}, {"inputs": ("values.py", "inputs")}]
)
def test_none_is_started_where_it_would_not_be_used(
    options: dict[str, object], children: Callable[[], list[psutil.Process]]
) -> None:
    with Spare(VerifyOptions(python=sys.executable, **options)) as spare:  # type: ignore[arg-type]
        spare.begin()
        assert not children()


def test_it_ends_with_the_process_that_started_it(project: Path) -> None:
    program = (
        "import os, sys, time; from vmapify.verify import Spare, VerifyOptions; spare = Spare(VerifyOptions()); "
        "spare.begin(); print(spare._waiting.child.process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=project, env=os.environ)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    child.wait(WAITS)
    assert not child.is_running()


def test_whoever_ends_the_command_ends_the_code_that_it_runs(project: Path) -> None:
    text = MODEL.replace(
        "    # region", "    open('reached', 'w').close()\n    import time\n    time.sleep(600)\n    # region"
    )
    (project / "model.py").write_text(text)
    command = subprocess.Popen([sys.executable, "-m", "vmapify", "fix", "--allow-io"], cwd=project, env=os.environ)
    while not (project / "reached").exists():
        time.sleep(0.05)
    (child,) = psutil.Process(command.pid).children()
    command.terminate()
    assert command.wait(WAITS) == 143
    child.wait(WAITS)


def test_check_starts_nothing_and_neither_does_fix_where_nothing_is_to_be_done(
    run: Callable[..., Result], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(Spare, "begin", lambda _: begun.append("spare"))
    (project / "model.py").write_text("import jax\n\nfor x in []:\n    pass\n")
    run("check")
    run("fix", "--unverified")
    assert not begun
    run("fix", "--no-cache")
    assert begun == ["spare"]
    monkeypatch.setattr("vmapify.pipeline.cache.findings.Cache.sift", lambda *_, **__: ({}, []))
    run("fix")
    assert begun == ["spare"]
