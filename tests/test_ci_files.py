"""The files with which other programs run this one: the GitHub Action and the hooks of pre-commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import LOOP

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, RUN = ACTION["runs"]["steps"]


def test_every_input_gets_to_the_steps_by_the_environment() -> None:
    """An input that is pasted into a script is a script."""
    used = " ".join(value for step in (INSTALL, RUN) for value in step["env"].values())
    for name in ACTION["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in used
    assert not any("${{" in step["run"] for step in (INSTALL, RUN))


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """The folder of a runner in which vmapify is this one."""
    command = tmp_path / "temp" / "vmapify" / "bin" / "vmapify"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nexec {sys.executable} -m vmapify "$@"\n')
    command.chmod(0o755)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.py").write_text(LOOP)
    return tmp_path


def _step(runner: Path, **inputs: str) -> tuple[int, str, list[str]]:
    """Exit code and output of the second step, and the words that vmapify was called with."""
    given = {name: str(about["default"]) for name, about in ACTION["inputs"].items()} | inputs
    values = {name: given[text.split(".")[1].removesuffix(" }}")] for name, text in RUN["env"].items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", RUN["run"]],
        cwd=runner / "work",
        env=os.environ | values | {"RUNNER_TEMP": str(runner / "temp")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, (runner / "words").read_text().split()


def test_the_action_annotates(runner: Path) -> None:
    code, output, words = _step(runner)
    assert words == ["check", "--output-format", "github", "."]
    assert code == 1
    assert output.startswith("::warning title=vmapify (VM101),file=a.py,line=7")


def test_the_action_takes_options(runner: Path) -> None:
    code, _, words = _step(runner, args="--exit-zero -q", paths="a.py a.py")
    assert (code, words) == (0, ["check", "--exit-zero", "-q", "--output-format", "github", "a.py", "a.py"])
    _, _, words = _step(runner, command="verify", args="--base HEAD", python="py", paths="")
    assert words == ["verify", "--base", "HEAD", "--python", "py"]


def test_hooks_call_commands_with_options_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["vmapify-check", "vmapify-fix"]
    for hook in hooks:
        words = hook["entry"].split()
        done = subprocess.run([sys.executable, "-m", *words, "--help"], capture_output=True, text=True, check=True)
        assert all(word in done.stdout for word in words if word.startswith("-"))
