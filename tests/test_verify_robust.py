"""User code that hangs, dies, floods or cannot be imported: one line each; other sites are still judged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification

SCRIPT = """
import os, signal, sys, threading, time
import jax.numpy as jnp, jax

xs = jnp.arange(12.0).reshape(4, 3)

def odd(name, x):
    if threading.current_thread() is threading.main_thread():
        return x * 2  # the workload itself goes on; what follows happens in judged runs only
    if name == "hang":
        time.sleep(600)
    if name == "exit":
        os._exit(7)
    if name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "flood":
        print("y" * 5_000_000)
    if name == "memory":
        hog = bytearray(900_000_000)
        for i in range(0, len(hog), 4096):
            hog[i] = 1
        time.sleep(30)
    if name == "process":
        os.system("true")
    if name == "socket":
        import socket
        socket.socket()
    if name == "leave":
        sys.exit(3)
    return x * 2

print("z" * 20_000_000)
"""
LOOP = """
def run_{name}(name):
    # region {name}
    return jnp.stack([odd(name, x) for x in xs])
    # end
"""
AFTER = "return jax.vmap(lambda x: x * 2)(xs)"


def judge(folder: Path, names: list[str], **options: object) -> dict[int, Verification]:
    path = folder / "odd.py"
    text = SCRIPT + "".join(LOOP.format(name=name) for name in names)
    text += "".join(f"run_{name}({name!r})\n" for name in names)
    path.write_text(text, encoding="utf-8")
    sites = [region(path, name, AFTER) for name in names]
    return judge_sites(sites, VerifyOptions(python=sys.executable, **options))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")


def test_what_kills_the_child_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    names = ["fine", "flood", "process", "socket", "leave", "exit", "crash", "last"]
    found = judge(tmp_path, names)
    reasons = {name: found[index].reason for index, name in enumerate(names)}
    assert found[0].verdict == found[7].verdict == "identical"
    assert found[1].verdict == "different"
    assert "prints" in reasons["flood"]
    assert "os.system" in reasons["process"]
    assert "odd.py:" in reasons["process"]
    assert "socket.__new__" in reasons["socket"]
    assert "SystemExit" in reasons["leave"]
    assert reasons["exit"] == "the process exited with status 7 while the site was judged"
    assert reasons["crash"] == "the process died of SIGSEGV while the site was judged"


def test_a_hang_is_stopped_and_no_process_is_left(tmp_path: Path) -> None:
    found = judge(tmp_path, ["hang", "fine"], timeout=3.0)
    assert found[0].verdict == "inconclusive"
    assert found[0].reason.startswith("timed out after 3 s")
    assert found[1].verdict == "identical"
    assert not [child for child in psutil.Process().children(recursive=True) if "odd.py" in child.cmdline()]


def test_memory_limit(tmp_path: Path) -> None:
    found = judge(tmp_path, ["memory"], memory_limit=0.7)
    assert found[0].verdict == "inconclusive"
    assert "limit of 0.7 GB" in found[0].reason


def test_missing_package_says_where_to_install_it(tmp_path: Path) -> None:
    path = tmp_path / "needs.py"
    path.write_text("import no_such_package\n# region r\nys = [1]\n# end\n", encoding="utf-8")
    found = judge_sites([region(path, "r", "ys = [1]", out={"ys": 0})], VerifyOptions(python=sys.executable))
    assert found[0].reason.startswith("ModuleNotFoundError: no_such_package; install it into ")


def test_a_script_that_raises_before_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "early.py"
    path.write_text("import sys\nif sys.argv:\n    int('x')\n# region r\nys = [1]\n# end\n", encoding="utf-8")
    found = judge_sites([region(path, "r", "ys = [1]", out={"ys": 0})], VerifyOptions(python=sys.executable))
    assert "ValueError: invalid literal" in found[0].reason


def test_an_interpreter_without_jax(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\ncat > /dev/null\necho missing\n")
    fake.chmod(0o755)
    path = tmp_path / "any.py"
    path.write_text("# region r\nys = [1]\n# end\n", encoding="utf-8")
    for python, text in {str(fake): "has no JAX", str(tmp_path / "no"): "cannot be started"}.items():
        found = judge_sites([region(path, "r", "ys = [1]", out={"ys": 0})], VerifyOptions(python=python))
        assert text in found[0].reason


def test_a_changed_file(tmp_path: Path) -> None:
    path = tmp_path / "any.py"
    path.write_text("# region r\nys = [1]\n# end\n", encoding="utf-8")
    site = region(path, "r", "ys = [1]", out={"ys": 0})
    path.write_text("\n\n\n# nothing here\nys = [1]\n", encoding="utf-8")
    assert "the file has changed" in judge_sites([site], VerifyOptions(python=sys.executable))[0].reason
