"""Verification through a runner: the worker goes to another machine, here one that only shares the files."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_functions, judge_sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.diagnostic import Verification

MODEL = """
import time
import jax.numpy as jnp


def stack(xs):
    # region stack
    return jnp.stack([jnp.sin(x) for x in xs])
    # end


def slow(xs):
    time.sleep(600)
    # region slow
    return jnp.stack([jnp.sin(x) for x in xs])
    # end
"""
INPUTS = "import jax.numpy as jnp\n\n\ndef inputs():\n    return [(jnp.arange(7.0) / 3,)]\n"
RIGHT, WRONG = "return jax.vmap(jnp.sin)(xs)", "return jax.vmap(jnp.sin)(xs[::-1])"
SSHD = shutil.which("sshd") or next((p for p in ("/usr/sbin/sshd",) if Path(p).exists()), None)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.py").write_text("import jax\n" + MODEL)
    (tmp_path / "values.py").write_text(INPUTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def runner(tmp_path: Path) -> str:
    """Starts a command as a login on another machine would: elsewhere, and without this environment."""
    script = tmp_path / "elsewhere"
    script.write_text('#!/bin/sh\necho "Welcome!"\ncd /\nexec env -i PATH=/usr/bin:/bin JAX_PLATFORMS=cpu "$@"\n')
    script.chmod(0o755)
    return str(script)


def _judged(project: Path, runner: str, after: str, name: str = "stack", timeout: float = 60) -> Verification:
    inputs = (str(project / "values.py"), "inputs")
    options = VerifyOptions(python=sys.executable, runner=runner, inputs=inputs, function=name, timeout=timeout)
    return judge_sites([region(project / "model.py", name, after)], options)[0]


def test_a_runner_judges_like_this_machine(project: Path, runner: str) -> None:
    right, wrong = _judged(project, runner, RIGHT), _judged(project, runner, WRONG)
    assert (right.verdict, right.inputs) == ("identical", "given")
    assert 7 in right.batch_sizes
    assert wrong.verdict == "different"


def test_two_files_are_compared_behind_a_runner(project: Path, runner: str) -> None:
    after = project / "after.py"
    after.write_text((project / "model.py").read_text().replace("jnp.stack([jnp.sin(x) for x in xs])", RIGHT[7:], 1))
    options = VerifyOptions(python=sys.executable, runner=runner, inputs=("values.py", "inputs"))
    (found,) = judge_functions(project / "model.py", after, "stack", options)
    assert getattr(found, "verdict", found) == "identical"


@pytest.mark.parametrize(
    ("command", "told"),
    [("no-such-runner host", "no-such-runner"), ("false", "exit status 1"), ("echo", "pass another --runner")],
)
def test_a_runner_that_does_not_work_is_named(project: Path, command: str, told: str) -> None:
    verification = _judged(project, command, RIGHT)
    assert verification.verdict == "inconclusive"
    assert told in verification.reason


def test_nothing_is_left_running_when_time_is_up(project: Path, runner: str) -> None:
    inputs = (str(project / "values.py"), "inputs")
    options = VerifyOptions(python=sys.executable, runner=runner, inputs=inputs, function="slow", workload_timeout=8)
    verification = judge_sites([region(project / "model.py", "slow", RIGHT)], options)[0]
    assert "stopped after 8 s" in verification.reason
    deadline = time.monotonic() + 20
    while _children_of(project) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _children_of(project)


def _children_of(project: Path) -> list[int]:
    """Processes that run in the project's folder, this one excepted."""
    every = (process.info for process in psutil.process_iter(["pid", "cwd", "name"]))
    here = [one["pid"] for one in every if one["cwd"] == str(project) and "python" in (one["name"] or "")]
    return [pid for pid in here if pid != psutil.Process().pid]


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[str]:
    """A command that logs in to a server on this machine's loopback."""
    if SSHD is None or shutil.which("ssh") is None:
        pytest.skip("no sshd here")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    (tmp_path / "authorized").chmod(0o600)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path / 'host'}\nPidFile none\nStrictModes no\n"
        f"AuthorizedKeysFile {tmp_path / 'authorized'}\nPasswordAuthentication no\nPermitRootLogin yes\nUsePAM no\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(tmp_path / "config")], stderr=subprocess.DEVNULL)
    options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes"
    command = f"ssh -p {port} -i {tmp_path / 'user'} {options} {getpass.getuser()}@127.0.0.1"
    try:
        _wait_for(port)
        yield command
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.skip("sshd does not start here")


def test_over_ssh(project: Path, ssh: str) -> None:
    right, wrong = _judged(project, ssh, RIGHT), _judged(project, ssh, WRONG)
    assert right.verdict == "identical", right.reason
    assert wrong.verdict == "different"
