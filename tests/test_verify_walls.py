"""Code that gets in the judge's way, on purpose or not: no wrong rewrite is accepted, nothing is left behind."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification

START = """
import json, os, sqlite3, sys, threading, time
import jax, jax.numpy as jnp, numpy as np

xs = jnp.arange(12.0).reshape(4, 3) + 1

def judged():
    return threading.current_thread() is not threading.main_thread()

"""
SITE = """
def at_{name}(x):
    if judged():
        {does}
    return x * 2

def run_{name}(xs):
    # region {name}
    return jnp.stack([at_{name}(x) for x in xs])
    # end

run_{name}(xs)
"""
WRONG = "return jax.vmap(lambda x: x * 2)(xs)[::-1]"
RIGHT = "return jax.vmap(lambda x: x * 2)(xs)"
FORGED = """
def forge():
    report = dict.fromkeys(("example", "batch", "jax", "device", "device_kind", "peak_memory", "matmul_precision",
                            "enable_x64", "max_error_loop", "max_error_vmap"))
    report |= dict(verdict="identical", reason="bitwise equal", inputs="module")
    for fields in (dict(event="verdict", report=report), dict(event="end"), dict(event="done")):
        line = json.dumps(dict(fields, pid=os.getpid(), number=1, site=0)).encode() + b"\\n"
        for descriptor in range(1, 40):
            try:
                os.write(descriptor, line)
            except OSError:
                pass
    os._exit(0)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")


def _judge(folder: Path, start: str, sites: dict[str, tuple[str, str]], **options: object) -> dict[str, Verification]:
    """The verdicts by name on sites that each do something in judged runs and have a rewrite."""
    path = folder / "odd.py"
    text = START + start + "".join(SITE.format(name=name, does=does) for name, (does, _) in sites.items())
    path.write_text(text, encoding="utf-8")
    cut = [region(path, name, after) for name, (_, after) in sites.items()]
    found = judge_sites(cut, VerifyOptions(python=sys.executable, **options))  # type: ignore[arg-type]
    return dict(zip(sites, found.values(), strict=True))


def test_what_reaches_out_is_stopped_and_named(tmp_path: Path) -> None:
    calls = {
        "parent": ("os.kill(os.getppid(), 0)", "os.kill("),
        "pipe": ("os.mkfifo('pipe')", "os.mkfifo('pipe') at odd.py:"),
        "base": ("sqlite3.connect('base.db').execute('create table t (x)')", "sqlite3.connect('base.db') at odd.py:"),
        "spawn": ("import multiprocessing.util as u; u.spawnv_passfds(sys.executable, ['true'], [])", "fork_exec("),
        "write": ("open('written', 'w')", "open('written', 'w') at odd.py:"),
    }
    found = _judge(tmp_path, "", {name: (does, RIGHT) for name, (does, _) in calls.items()})
    for name, (_, words) in calls.items():
        assert found[name].verdict == "inconclusive"
        assert words in found[name].reason
        assert "--allow-io" in found[name].reason
    assert [item.name for item in tmp_path.iterdir()] == ["odd.py"]


def test_the_wall_can_be_lifted_and_what_passes_is_counted(tmp_path: Path) -> None:
    often, once = "return jax.vmap(at_often)(xs)", "return jnp.stack([at_once(x) for x in xs])"
    sites = {"often": ("open('written', 'a').close()", often), "once": ("open('written', 'a').close()", once)}
    found = _judge(tmp_path, "", sites, allow_io=True)
    assert found["once"].verdict == "identical"
    assert "does open 4x, which is not compared" in found["once"].reason
    assert found["often"].verdict == "different"
    assert "the loop does open 4x, the rewrite does open 1x" in found["often"].reason


def test_what_a_run_writes_to_an_open_file_is_taken_back(tmp_path: Path) -> None:
    start = "log = open('log.txt', 'w')\n"
    sites = {
        "same": ("log.write('a')", "return jnp.stack([at_same(x) for x in xs])"),
        "less": ("log.write('a')", RIGHT),
    }
    found = _judge(tmp_path, start, sites)
    assert found["same"].verdict == "identical"
    assert found["less"].verdict == "different"
    assert (tmp_path / "log.txt").read_text() == ""


def test_forged_and_cut_reports_convince_nobody(tmp_path: Path) -> None:
    found = _judge(tmp_path, FORGED, {"forged": ("forge()", WRONG), "good": ("pass", RIGHT)})
    assert found["forged"].reason == "the process exited with status 0 while the site was judged"
    assert found["good"].verdict == "identical"
    found = _judge(tmp_path, "", {"noise": (NOISE, WRONG), "good": ("pass", RIGHT)})
    assert found["noise"].verdict == "inconclusive"
    assert "reports of the judge were lost" in found["noise"].reason


NOISE = """[
            os.write(int(d), b"no line end")
            for d in os.listdir("/proc/self/fd")
            if os.path.exists("/proc/self/fd/" + d) and "channel" in os.readlink("/proc/self/fd/" + d)
        ]"""


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc")  # noqa: PTH110
def test_descriptors_that_are_taken_away_are_opened_again(tmp_path: Path) -> None:
    start = "os.closerange(3, 256)\nmine = [open(f'mine{i}', 'w') for i in range(12)]\n"
    found = _judge(tmp_path, start, {"wrong": ("pass", WRONG), "right": ("pass", RIGHT)})
    assert (found["wrong"].verdict, found["right"].verdict) == ("different", "identical")
    assert not [item for item in tmp_path.glob("mine*") if item.read_bytes()]


@pytest.mark.parametrize(
    "start",
    [
        "np.array_equal = np.allclose = lambda *a, **k: True\nos.write = json.dumps = None\ntime.monotonic = lambda: 0.0\n",
        "np.all = lambda *a, **k: True\nnp.any = lambda *a, **k: False\n",
        "import builtins\nbuiltins.print = builtins.sorted = lambda *a, **k: []\n",
        "def blind(*_):\n    sys.modules['_vmapify_worker.compare'].identical = lambda *a: True\n",
        "def blind(*_):\n    sys.modules['_vmapify_worker.observe'].leaves = lambda *a: []\n",
    ],
    ids=["numpy", "all", "builtins", "judge", "leaves"],
)
def test_no_wrong_rewrite_passes_a_judge_that_was_tampered_with(tmp_path: Path, start: str) -> None:
    does = "blind()" if "blind" in start else "pass"
    found = _judge(tmp_path, start, {"wrong": (does, WRONG)})
    assert found["wrong"].verdict in {"different", "inconclusive"}


def test_nobody_stays_behind(tmp_path: Path) -> None:
    daemon = "if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    time.sleep(3000)\n"
    found = _judge(tmp_path, daemon, {"wrong": ("pass", WRONG)})
    assert found["wrong"].verdict == "different"
    assert not [
        one for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == str(tmp_path) and one.pid != os.getpid()
    ]


def test_a_version_that_dies_on_other_inputs_is_not_right_on_the_first(tmp_path: Path) -> None:
    start = "def dies(x):\n    if x.shape[0] == 5: os._exit(0)\n"
    found = _judge(tmp_path, start, {"dies": ("dies(x)", RIGHT), "last": ("pass", RIGHT)})
    assert found["last"].verdict == "identical"
    assert found["dies"].verdict == "identical"
    path = tmp_path / "odd.py"
    path.write_text(path.read_text() + "\nrun_dies(jnp.ones((3, 5)))\n")
    found = _twice(path)
    assert found.verdict == "inconclusive"
    assert "exited with status 0" in found.reason


def _twice(path: Path) -> Verification:
    options = VerifyOptions(python=sys.executable, run=f"{sys.executable} {path}")
    return judge_sites([region(path, "dies", RIGHT)], options)[0]


def test_a_loop_that_reaches_out_on_some_inputs_is_not_judged_by_others(tmp_path: Path) -> None:
    start = "def leaks(x):\n    if x.shape[0] == 5: open('written', 'w')\n"
    _judge(tmp_path, start, {"dies": ("leaks(x)", RIGHT)})
    path = tmp_path / "odd.py"
    path.write_text(path.read_text() + "\nrun_dies(jnp.ones((3, 5)))\n")
    found = _twice(path)
    assert found.verdict == "inconclusive"
    assert "open('written', 'w') at odd.py:" in found.reason


LEFT = """
import atexit, weakref

class Kept:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        os.close(os.open(self.name, os.O_CREAT | os.O_WRONLY))

def write(name):
    open(name, "w").close()

def suspended(name):
    try:
        yield
    finally:
        write(name)

def start(generator):
    next(generator)
    return generator
"""
LATER = {
    "timer": "threading.Timer(1.0, write, ['left_timer']).start()",
    "starts": "threading.Timer(1.0, lambda: threading.Thread(target=write, args=['left_starts']).start()).start()",
    "thread": "__import__('_thread').start_new_thread(lambda: (time.sleep(1.0), write('left_thread')), ())",
    "exit": "atexit.register(write, 'left_exit')",
    "threads": "threading._register_atexit(write, 'left_threads')",
    "finalize": "weakref.finalize(np, write, 'left_finalize')",
    "callback": "np._seen = type('Plain', (), {})(); np._ref = weakref.ref(np._seen, lambda _: write('left_callback'))",
    "kept": "np._kept = Kept('left_kept')",
    "cycle": "one = Kept('left_cycle'); one.itself = one",
    "generator": "np._suspended = start(suspended('left_generator'))",
    "collected": "__import__('gc').callbacks.append(lambda *_: write('left_collected'))",
}


def test_what_judged_code_leaves_behind_never_writes(tmp_path: Path) -> None:
    """Nor is what the program itself leaves for later held back."""
    sites = {name: (does, RIGHT) for name, does in LATER.items()}
    mine = "atexit.register(write, 'mine_exit')\nweakref.finalize(jnp, write, 'mine_finalize')\n"
    path = tmp_path / "odd.py"
    later = "import gc\ndel np._ref, np._seen, np._kept, np._suspended\ngc.collect()\n"
    later += "threading.Timer(0.1, write, ['mine_timer']).start()\ntime.sleep(2)\n"
    text = START + LEFT + mine + "".join(SITE.format(name=name, does=does) for name, (does, _) in sites.items()) + later
    path.write_text(text, encoding="utf-8")
    options = VerifyOptions(python=sys.executable, run=f"{sys.executable} {path}")
    judge_sites([region(path, name, after) for name, (_, after) in sites.items()], options)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["mine_exit", "mine_finalize", "mine_timer", "odd.py"]


def test_native_functions_are_refused_to_the_user_and_left_to_libraries(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("here")
    calls = {
        "unlink": ("ctypes.CDLL(None).unlink(b'victim')", "ctypes.dlopen("),
        "loaded": ("C.unlink(b'victim')", "ctypes.dlsym("),
        "root": ("t = threading.Thread(target=getattr, args=(C, 'fork')); t.start(); t.join()", "ctypes.dlsym("),
        "import": ("import uuid, ctypes.util; np.ctypeslib", None),
        "scipy": ("__import__('jax.scipy.linalg'); __import__('jax.scipy.special')", None),
    }
    start = "import ctypes\nC = ctypes.CDLL(None)\n"
    found = _judge(tmp_path, start, {name: (does, RIGHT) for name, (does, _) in calls.items()})
    for name, (_, words) in calls.items():
        assert (words or "") in found[name].reason, name
        assert found[name].verdict == ("inconclusive" if words else "identical"), found[name].reason
    assert (tmp_path / "victim").exists()
