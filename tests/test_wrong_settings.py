"""Settings that cannot work end a run with one line and exit code 2, and no file is touched."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from vmapify.config import ConfigError
from vmapify.verify import VerifyOptions, choice, usable_python
from vmapify.verify.interpreter import fault, python_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

MODEL = """\
import jax
import jax.numpy as jnp


def energies(xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(jnp.sin(x))
    return jnp.stack(out)
"""
INPUTS = """\
import jax.numpy as jnp


def inputs():
    raise ValueError("no data")


def nothing():
    return []


def given():
    return [(jnp.arange(3.0),)]
"""
FAILING = 'import sys\nprint("reading data.npz")\nsys.exit("there is no data.npz")\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {
        "model.py": MODEL,
        "values.py": INPUTS,
        "broken.py": "def inputs(:\n",
        "fail.py": FAILING,
        "other.py": "import model\n",
    }.items():
        (tmp_path / name).write_text(text)
    without = tmp_path / "without"
    without.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E "$@"\n')
    without.chmod(0o755)
    return tmp_path


AT_ONCE = {
    "no such command": (("--run", "no-such-command -q"), "--run no-such-command -q: no-such-command cannot be found"),
    "a quote left open": (("--run", "pytest 'a"), "mend the quotes"),
    "an empty command": (("--run", ""), "--run is empty"),
    "a device that is not there": (("--device", "cuda:7"), "--device cuda:7: the JAX of "),
    "an unknown device": (("--device", "abacus"), "has only cpu:0"),
    "no such interpreter": (("--python", "./no-python"), "--python ./no-python: cannot be started (No such file"),
    "an interpreter without jax": (("--python", "./without"), "--python ./without: has no JAX; install jax into it"),
    "no such runner": (("--runner", "no-such-runner host"), "--runner no-such-runner host: "),
    "a runner that fails": (("--runner", "false"), "does not run (exit status 1); name another --runner"),
    "no such file of inputs": (("--inputs", "none.py", "--function", "energies"), "--inputs none.py: no such file"),
    "inputs with a mistake": (("--inputs", "broken.py", "--function", "energies"), "cannot be parsed (line 1: "),
    "no such name of inputs": (("--inputs", "values.py:zz", "--function", "energies"), "has no zz; define zz()"),
    "no such function": (("--inputs", "values.py:given", "--function", "energy"), "there is no energy in model.py"),
}
"""What is known before any file is analysed: so each ends the run on a file without loops, too."""

LATER = {
    "a command that fails": (("--run", "false"), "--run false: exited with status 1 before it reached a loop"),
    "a script that fails": (("--run", "python fail.py"), "\n  reading data.npz\n  there is no data.npz\n"),
    "inputs that raise": (("--inputs", "values.py", "--function", "energies"), "values.py:inputs: ValueError: no data"),
    "no inputs": (("--inputs", "values.py:nothing", "--function", "energies"), "yields no inputs"),
}
"""What only a run shows."""


@pytest.mark.parametrize(("options", "told"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_setting_that_cannot_work_ends_the_run(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.setattr("vmapify.cli.fix.fix", lambda *_, **__: pytest.fail("files were analysed"))
    result = run("fix", "--write", "model.py", *options)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert told in line
    assert (project / "model.py").read_text() == MODEL


@pytest.mark.parametrize(("options", "told"), LATER.values(), ids=LATER)
def test_evidence_that_fails_is_not_replaced(run: Run, project: Path, options: tuple[str, ...], told: str) -> None:
    result = run("fix", "--write", "model.py", "--python", sys.executable, *options)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert told in result.stderr
    assert (project / "model.py").read_text() == MODEL


def test_a_setting_of_a_file_is_named_with_the_file(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.vmapify]\nrun = "no-such-command"\n')
    result = run("fix", "model.py")
    assert result.exit_code == 2
    assert "`run` of " in result.stderr
    assert "pyproject.toml:2: no-such-command" in result.stderr
    assert run("fix", "model.py", "--run", "a b").stderr.startswith("vmapify: --run a b: a cannot be found")


def test_a_loop_that_the_command_did_not_reach_says_so(run: Run, project: Path) -> None:
    result = run("fix", "--min-speedup", "0", "model.py", "--run", "python other.py", "--python", sys.executable)
    assert result.exit_code == 1, result.output
    assert "synthesized inputs" in result.stdout
    assert "--run did not reach it: its inputs are made up" in result.stdout
    assert result.stderr == f"vmapify: runs code with {sys.executable} (--python)\n"
    assert (project / "model.py").read_text() == MODEL


def _environment(folder: Path, python: str = sys.executable, layout: str = "bin/python") -> str:
    """An environment in so far as it has an interpreter."""
    path = folder / layout
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_interpreters_in_order(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "pkg" / "sub"
    inner.mkdir(parents=True)
    (project / ".git").mkdir()
    options = VerifyOptions(start=str(inner), root=str(project))
    assert choice(options).python == sys.executable
    conda = _environment(project / "conda")
    monkeypatch.setenv("CONDA_PREFIX", str(project / "conda"))
    assert (choice(options).python, choice(options).why) == (conda, "CONDA_PREFIX")
    outer = _environment(project / ".venv")
    assert choice(options).python == outer
    nearer = _environment(project / "pkg" / ".venv")
    assert (choice(options).python, choice(options).why) == (nearer, "the project's environment")
    active = _environment(project / "active", layout="Scripts/python.exe")
    monkeypatch.setenv("VIRTUAL_ENV", str(project / "active"))
    assert (choice(options).python, choice(options).why) == (active, "the active environment")
    named = VerifyOptions(python="python9", origins=(("python", "`python` of vmapify.toml:"),))
    assert choice(named).python == "python9"


def test_an_environment_without_jax_is_passed_over_and_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = _environment(project / "bare", str(project / "without"))
    monkeypatch.setenv("VIRTUAL_ENV", str(project / "bare"))
    project_python = _environment(project / ".venv")
    found = choice(VerifyOptions(start=str(project), root=str(project)))
    assert found.python == project_python
    assert found.skipped == (f"{bare} (the active environment: it has no JAX)",)


def test_the_search_stops_at_the_project(project: Path) -> None:
    _environment(project / ".venv")
    inner = project / "repository" / "src"
    inner.mkdir(parents=True)
    (project / "repository" / ".git").mkdir()
    assert choice(VerifyOptions(start=str(inner), root=str(project))).python == sys.executable


def test_a_hook_s_environment_is_not_the_active_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = project / "py_env-python3.11"
    _environment(hook)
    monkeypatch.setenv("VIRTUAL_ENV", str(hook))
    assert choice(VerifyOptions()).python == str(hook / "bin" / "python")
    monkeypatch.setattr("sys.prefix", str(hook))
    assert choice(VerifyOptions()).python == sys.executable


def test_layouts_of_environments(tmp_path: Path) -> None:
    assert python_in(tmp_path) is None
    for number, layout in enumerate(("bin/python", "Scripts/python.exe", "python.exe")):
        assert python_in(tmp_path / str(number)) is None
        made = _environment(tmp_path / str(number), layout=layout)
        assert python_in(tmp_path / str(number)) == made
    assert fault(os.devnull) is not None


@pytest.mark.parametrize("command", [("fix", "model.py"), ("bench", "model.py"), ("verify", "model.py", "changed.py")])
def test_without_jax_anywhere_one_line_says_how_to_get_it(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (project / "changed.py").write_text(MODEL.replace("sin", "cos"))
    monkeypatch.setattr("sys.executable", str(project / "without"))
    result = run(*command)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert "no interpreter with JAX was found" in line
    assert "pip install 'vmapify[run]'" in line
    assert result.stdout == ""


def test_what_has_nothing_to_run_needs_no_jax(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(project / "without"))
    assert run("fix", "fail.py").exit_code == 0
    assert run("fix", "--unverified", "model.py").exit_code in {0, 1}


def test_a_system_without_process_groups_is_named(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmapify.verify.interpreter.os.name", "nt")
    with pytest.raises(ConfigError, match="needs process groups"):
        usable_python(VerifyOptions(python=sys.executable))
