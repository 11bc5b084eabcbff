"""The whole tool with nothing replaced: find, run both versions, write."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """\
import jax
import jax.numpy as jnp


def energy(w, x):
    return jnp.sum(jnp.tanh(w * x))


def energies(w: jax.Array, xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(energy(w, x))
    return jnp.stack(out)


def path(x: jax.Array, forces: jax.Array) -> jax.Array:
    states = []
    for force in forces:
        x = 0.9 * x + force
        states.append(x)
    return jnp.stack(states)
"""
CALL = """\
import jax.numpy as jnp
from model import energies

print(energies(jnp.arange(3.0), jnp.linspace(0, 1, 15).reshape(5, 3)).shape)
"""
UNREACHABLE = MODEL.replace(
    "xs: jax.Array) -> jax.Array:\n    out", "xs: jax.Array, options: dict) -> jax.Array:\n    out"
)
WRITTEN = "    return jax.vmap(energy, in_axes=(None, 0))(w, xs)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "call.py").write_text(CALL)
    return tmp_path


def _vmapify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vmapify", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def test_a_workload_leads_to_a_verified_rewrite_on_disk(project: Path) -> None:
    options = ("--run", "python call.py", "--device", "cpu", "--python", sys.executable)
    done = _vmapify(project, "fix", "--write", "--min-speedup", "0", "model.py", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "energies: " in done.stdout
    assert "on cpu:0" in done.stdout
    written = (project / "model.py").read_text()
    assert WRITTEN in written
    assert "for force in forces:" in written
    assert _vmapify(project, "check").returncode == 0


def test_what_is_never_run_is_never_written(project: Path) -> None:
    (project / "model.py").write_text(UNREACHABLE)
    done = _vmapify(
        project, "fix", "--write", "--min-speedup", "0", "model.py", "--device", "cpu", "--output-format", "json"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["verification"]["verdict"] == "inconclusive"
    assert "never reached" in finding["verification"]["reason"]
    assert finding["outcome"]["state"] == "left"
    assert (project / "model.py").read_text() == UNREACHABLE


OPEN = "import jax.numpy as jnp\n\ndef f(g, xs):\n    return jnp.stack([g(x) for x in jnp.asarray(xs)])\n"


def test_open_loops_are_counted_and_listed_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OPEN)
    told = _vmapify(tmp_path, "check")
    assert told.returncode == 0
    assert told.stdout == (
        "No loop to rewrite in 1 file (--show-blocked lists those that must stay, and why). 1 loop depends on what only a run"
        " shows: `vmapify fix --run '...'`, or --show-open lists them with their questions.\n"
    )
    assert json.loads(_vmapify(tmp_path, "check", "--output-format", "json").stdout)["findings"] == []
    listed = _vmapify(tmp_path, "check", "--show-open")
    assert listed.returncode == 0
    assert "[open: traceable-callee]" in listed.stdout
    assert "asks: line 4: can `g` be traced, and is it free of effects?" in listed.stdout
    for option in ("--show-open", "--show-blocked"):
        (finding,) = json.loads(_vmapify(tmp_path, "check", option, "--output-format", "json").stdout)["findings"]
        assert (finding["verdict"], finding["reasons"], finding["edits"]) == ("open", [], [])
        (question,) = finding["questions"]
        assert (question["code"], question["name"], question["line"]) == ("traceable-callee", "g", 4)
