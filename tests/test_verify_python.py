"""Another environment's interpreter judges: it has JAX, and nothing of this tool."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

MODEL = """
import jax.numpy as jnp
import local_package

xs = jnp.arange(6.0).reshape(3, 2) * local_package.SCALE
# region stack
ys = jnp.stack([jnp.sin(x) for x in xs])
# end
"""
RIGHT, WRONG = "ys = jax.vmap(jnp.sin)(xs)", "ys = jax.vmap(jnp.sin)(xs[::-1])"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a fresh environment with this one's packages, but without what its ``.pth`` files add."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder / "venv")
    packages = next((folder / "venv").glob("lib/python*/site-packages"))
    wanted = ("jax", "jaxlib", "numpy", "ml_dtypes", "opt_einsum", "scipy")
    for name in wanted:
        for place in map(Path, site.getsitepackages()):
            for found in (*place.glob(name), *place.glob(f"{name}.libs"), *place.glob(f"{name}-*.dist-info")):
                (packages / found.name).symlink_to(found)
    (packages / "local_package.py").write_text("SCALE = 0.5\n")
    command = str(folder / "venv" / "bin" / "python")
    probe = subprocess.run(
        [command, "-c", "import vmapify"], capture_output=True, text=True, check=False, cwd=folder, env={}
    )
    assert "No module named 'vmapify'" in probe.stderr
    return command


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.delenv("PYTHONPATH", raising=False)


def test_the_worker_runs_where_the_tool_is_not_installed(tmp_path: Path, python: str) -> None:
    path = tmp_path / "model.py"
    path.write_text(f"import jax\n{MODEL}", encoding="utf-8")
    for after, verdict in ((RIGHT, "identical"), (WRONG, "different")):
        found = judge_sites([region(path, "stack", after, out={"ys": 0})], VerifyOptions(python=python))
        assert found[0].verdict == verdict, found[0].reason
    ours = judge_sites([region(path, "stack", RIGHT, out={"ys": 0})], VerifyOptions(python=sys.executable))
    assert ours[0].reason.startswith("ModuleNotFoundError: local_package; install it into ")
