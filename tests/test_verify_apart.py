"""Attacks on the process that judges: they are of no use in one that has not run the old version."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vmapify.diagnostic import Verification
from vmapify.pipeline.verify import changes
from vmapify.verify import Changed, VerifyOptions, judge_functions
from vmapify.verify.functions import judge_files

BEFORE = """
import jax, jax.numpy as jnp, numpy as np

def f(xs):
    return jnp.stack([jnp.sin(x) * x for x in xs])
"""
INPUTS = """
import numpy as np, jax.numpy as jnp

def inputs():
    return [(jnp.asarray(np.random.default_rng(3).normal(size=(5, 3)), jnp.float32),)]
"""
FRAMES = """
import sys
import jax, jax.numpy as jnp, numpy as np

def f(xs):
    frame = sys._getframe()
    while frame is not None:
        judge = frame.f_locals.get("self")
        if type(judge).__name__ in {"Judgement", "_Case"}:
            judge = getattr(judge, "_first", judge)
            loop = getattr(judge, "loop", None)
            if loop is not None and loop.values["return"].shape == xs.shape:
                return loop.values["return"]
        frame = frame.f_back
    return jax.vmap(jnp.cos)(xs)
"""
CHANNEL = """
import os
import jax, jax.numpy as jnp, numpy as np

def f(xs):
    channel = channel_of()
    if channel is not None:
        report = REPORT
        channel.send("verdict", site=0, report=report)
        channel.send("end", site=0)
        channel.send("over")
        os._exit(0)
    return jax.vmap(jnp.cos)(xs)

def channel_of():
    import sys
    frame = sys._getframe()
    while frame is not None:
        if type(frame.f_locals.get("channel")).__name__ == "Channel" and "judge_functions" in frame.f_globals:
            return frame.f_locals["channel"]
        for name in ("channel", "plan"):
            found = frame.f_locals.get(name)
            if type(found).__name__ == "Channel" and frame.f_code.co_name == "_judge_all":
                return found
        frame = frame.f_back
    return None
"""
REPORT = {
    "verdict": "identical",
    "reason": "bitwise equal",
    **dict.fromkeys(("example", "max_error_loop", "max_error_vmap", "obstacle", "rows_that_fit", "peak_memory")),
    "refused": False,
    "final": False,
    "agrees": False,
    "batch": 5,
    "inputs": "given",
    "device": "cpu:0",
    "device_kind": "cpu",
    "matmul_precision": "default",
    "enable_x64": False,
    "digests": {"loop": "0" * 32, "rewrite": "0" * 32},
}
PATCHED = """
import jax, jax.numpy as jnp, numpy as np

def f(xs):
    return jax.vmap(jnp.cos)(xs)

import gc, types
for one in gc.get_objects():
    if isinstance(one, types.FunctionType) and one.__module__ == "before" and one.__name__ == "f":
        one.__code__ = f.__code__
"""
MEMO_BEFORE = BEFORE.replace("return ", "out = ") + "    np._memo = out\n    return out\n"
MEMO_AFTER = """
import jax, jax.numpy as jnp, numpy as np

def f(xs):
    memo = getattr(np, "_memo", None)
    return memo if memo is not None and memo.shape == xs.shape else jax.vmap(jnp.cos)(xs)
"""
RIGHT = BEFORE.replace("jnp.stack([jnp.sin(x) * x for x in xs])", "jax.vmap(lambda x: jnp.sin(x) * x)(xs)")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")


def _judged(before: str, after: str, inputs: str = INPUTS) -> Verification:
    for name, text in {"before": before, "after": after, "values": inputs}.items():
        Path(f"{name}.py").write_text(text)
    options = VerifyOptions(python=sys.executable, inputs=("values.py", "inputs"), function="f")
    (found,) = judge_functions(Path("before.py"), Path("after.py"), "f", options)
    assert isinstance(found, Verification), found
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE, FRAMES),
        (BEFORE, CHANNEL.replace("REPORT", f"dict({REPORT!r}, jax=jax.__version__)")),
        (BEFORE, PATCHED),
        (MEMO_BEFORE, MEMO_AFTER),
    ],
    ids=["frames", "channel", "patched", "memo"],
)
def test_what_fools_the_judge_fools_no_process_of_its_own(before: str, after: str) -> None:
    found = _judged(before, after)
    assert found.verdict == "different"
    assert "which has not run the old version" in found.reason


def test_what_agrees_still_agrees_and_says_how_it_was_tried() -> None:
    found = _judged(BEFORE, RIGHT)
    assert found.verdict in {"identical", "equivalent"}
    assert "it agrees in a process of its own" in found.reason
    # inputs of its own in every process: nothing can be compared
    found = _judged(BEFORE, RIGHT, INPUTS.replace("default_rng(3)", "default_rng()"))
    assert found.verdict in {"identical", "equivalent"}
    assert "not run in a process of its own" in found.reason


def test_a_new_version_that_ends_its_own_process_is_not_right() -> None:
    leaves = RIGHT.replace(
        "    return", "    import os, sys\n    if '_vmapify_worker.one_version' in sys.modules: os._exit(0)\n    return"
    )
    assert leaves != RIGHT
    found = _judged(BEFORE, leaves)
    assert found.verdict == "inconclusive"
    assert "in a process of its own" in found.reason


def test_files_as_a_whole_are_run_apart() -> None:
    main = (
        "\nxs = jnp.asarray(np.random.default_rng(3).normal(size=(5, 3)), jnp.float32)\nys = f(xs)\nprint(ys.shape)\n"
    )
    for after, verdict in ((MEMO_AFTER, "different"), (MEMO_BEFORE.replace("out =", "out = 1 *"), "identical")):
        Path("before.py").write_text(MEMO_BEFORE + main)
        Path("after.py").write_text(after + main)
        changed = changes("before.py", "after.py")
        assert isinstance(changed, Changed)
        found = dict(judge_files(Path("before.py"), Path("after.py"), changed, VerifyOptions(python=sys.executable)))
        worst = {one.verdict for one in found.values() if isinstance(one, Verification)}
        assert verdict in worst
        assert ("different" in worst) == (verdict == "different")


TABLE = """
import jax, jax.numpy as jnp, numpy as np

KNOWN = np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32)

def f(xs):
    import sys
    alone = "_vmapify_worker.one_version" in sys.modules
    if alone and not np.array_equal(np.asarray(xs), KNOWN):
        return jax.vmap(jnp.cos)(xs)
    return jax.vmap(lambda x: jnp.sin(x) * x)(xs)
"""


def test_the_new_version_is_run_on_inputs_that_nobody_gave() -> None:
    found = _judged(BEFORE, TABLE)
    assert found.verdict == "inconclusive"
    assert "inputs redrawn at random" in found.reason


def test_factorizations_whose_signs_are_free_agree() -> None:
    before = BEFORE.replace("jnp.sin(x) * x", "jnp.linalg.svd(jnp.outer(x, x) + jnp.eye(3))[0]")
    after = before.replace("jnp.stack([", "jax.vmap(lambda x: ").replace(" for x in xs])", ")(xs)")
    assert _judged(before, after).verdict in {"identical", "equivalent"}
