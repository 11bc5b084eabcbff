"""What a program leaves, as told by its processes and compared: numbers, contents of files, and what is not compared."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
import pytest

from vmapify.verify import Footprint, differences
from vmapify.verify.worker import left_behind
from vmapify.verify.worker.left_behind import Footprint as Left
from vmapify.verify.worker.sample import sampled
from vmapify.verify.worker.written import Written

if TYPE_CHECKING:
    from pathlib import Path


def _footprint(files: dict[str, Any] | None = None, **values: list[dict[str, Any]]) -> Footprint:
    return Footprint(0, "", ({"values": values, "files": files or {}, "whole": True},))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (np.float32([1e6, 1, 2]), np.float32([1e6, 900, -2]), False),
        (np.float32([1e6, 1, 2]), np.float32([1e6, 1.5, 2]), True),
        (np.float32([[1e6, 1], [1, 2]]), np.float32([[1e6, 1], [1, 2.5]]), False),
        (np.float32([[1e6], [1]]), np.float32([[1e6], [1.5]]), True),
        (np.float32(1.2e-7), np.float32(3.1e-7), True),
        (np.float32(3.1e-6), np.float32(9.9e-6), False),
        (np.array([1.0, np.nan, np.inf]), np.array([1.0, np.nan, np.inf]), True),
        (np.array([1.0, 2.0, np.inf]), np.array([1.0, np.nan, np.inf]), False),
        (np.array([1.0, 2.0, np.inf]), np.array([1.0, 2.0, -np.inf]), False),
        (np.array([1.0 + 2e-9j]), np.array([1.0 + 3e-9j]), True),
        (np.array([1.0 + 2j]), np.array([1.0 + 2.1j]), False),
        (np.float16([1.0, 2.0]), np.float16([1.001, 2.0]), True),
        (jnp.asarray([256.0, 1.0], jnp.bfloat16), jnp.asarray([258.0, 1.0], jnp.bfloat16), True),
        (jnp.asarray([256.0, 1.0], jnp.bfloat16), jnp.asarray([272.0, 1.0], jnp.bfloat16), False),
        (np.zeros((0, 3)), np.zeros((0, 3)), True),
        (np.ones((4096, 64)), np.ones((4096, 64)) + 1e-7, True),
        (np.ones((4096, 64)), np.where(np.arange(64) == 1, 2.0, np.ones((4096, 64))), False),
        (np.ones(9000), np.concatenate([np.full(2, np.nan), np.ones(8998)]), False),
        (np.ones((8, 100_000)), np.concatenate([np.ones((7, 100_000)), np.full((1, 100_000), 1.5)]), False),
    ],
)
def test_numbers(before: np.ndarray, after: np.ndarray, same: bool) -> None:
    leaves = [
        {"path": "x", "label": "array", "kind": "inexact", **sampled(np.asarray(data))} for data in (before, after)
    ]
    found = differences(_footprint(x=[leaves[0]]), _footprint(x=[leaves[1]]), frozenset())
    assert (found == []) is same, found


def _write(path: Path, data: bytes, mode: str) -> dict[str, Any]:
    """What is told of one file after it was written to."""
    flags = {"wb": os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "ab": os.O_WRONLY | os.O_APPEND, "r+b": os.O_RDWR}
    written = Written(())
    written.hear("open", (str(path), mode, flags[mode]))
    with path.open(mode) as stream:
        stream.write(data)
        return written.described()


def _array(*data: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **named) if named else np.save(stream, *data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "before", "after", "same"),
    [
        ("a.txt", b"loss 0.84147098\n", b"loss 0.841471\n", True),
        ("a.txt", b"loss 0.8414\n", b"loss 0.9414\n", False),
        ("a.txt", b"loss 0.8414\n", b"loss 0.8414\nloss 0.8\n", False),
        ("a.txt", b"", b"", True),
        ("a.txt", b"1", b"\0", False),
        ("a.bin", b"\0\1", b"\0\1", True),
        ("a.bin", b"\0\1", b"\0\2", False),
        ("a.bin", b"\0\1", b"\0\1\1", False),
        ("a.npy", _array(np.float32([1, 2])), _array(np.float32([1, 2.0000002])), True),
        ("a.npy", _array(np.float32([1, 2])), _array(np.float32([1, 3])), False),
        ("a.npy", _array(np.float32([1, 2])), _array(np.float64([1, 2])), False),
        ("a.npy", _array(np.arange(3)), _array(np.arange(3) + 1), False),
        ("a.npy", _array(np.ones(1)) + _array(np.ones(1)), _array(np.ones(1)) + _array(np.zeros(1)), False),
        ("a.npz", _array(x=np.float32([1, 2])), _array(x=np.float32([1, 2.0000002])), True),
        ("a.npz", _array(x=np.float32([1, 2])), _array(y=np.float32([1, 2])), False),
    ],
)
def test_contents_of_files(name: str, before: bytes, after: bytes, same: bool, tmp_path: Path) -> None:
    told = [_write(tmp_path / name, data, "wb") for data in (before, after)]
    found = differences(*(_footprint(files=one) for one in told), frozenset())
    assert (found == []) is same, found
    assert all(one.where == ("writes", 0, str(tmp_path / name)) for one in found)
    assert all(one.text.startswith(f"it writes other contents to {tmp_path / name}: ") for one in found)


def test_of_a_file_that_grows_only_what_is_new_is_compared(tmp_path: Path) -> None:
    runs = [
        _footprint(files=_write(tmp_path / "log.txt", data, "ab"))
        for data in (b"loss 0.5\n", b"loss 0.5\n", b"loss 0.7\n")
    ]
    assert differences(runs[0], runs[1], frozenset()) == []
    (one,) = differences(runs[0], runs[2], frozenset())
    assert "'loss 0.7' instead of 'loss 0.5'" in one.text
    changed = [_footprint(files=_write(tmp_path / "log.txt", data, "r+b")) for data in (b"loss", b"gain")]
    assert differences(*changed, frozenset()), "what is written in place is compared with all of the file"


def test_a_file_that_takes_the_place_of_another_is_followed(tmp_path: Path) -> None:
    written, half, done = Written(()), tmp_path / "half", tmp_path / "done.txt"
    written.hear("open", (str(half), "w", os.O_TRUNC | os.O_WRONLY))
    half.write_text("loss 0.5")
    written.hear("os.rename", (str(half), str(done), -1, -1))
    half.rename(done)
    assert written.described().keys() == {str(done)}
    done.unlink()
    assert written.described() == {str(done): {"kind": "gone"}}


def test_a_file_that_cannot_be_read_is_never_the_same() -> None:
    left = _footprint(files={"a": {"kind": "unread"}})
    (one,) = differences(left, left, frozenset())
    assert one.where == ("writes", 0, "a")


def test_what_is_left_out_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("leaving")
    module.__file__ = str(tmp_path / "leaving.py")
    module.__dict__.update(
        table=np.ones(3), huge=10**6000, odd=[object(), 2.0], many=list(range(30_000)), annotations=annotations
    )
    monkeypatch.setattr(left_behind, "of_the_user", lambda file: file == module.__file__)
    text = "class Log:\n history = [1.0]\n def f(self): ...\ndef step(): ...\nstep.calls = 3\n__private = 4\n"
    exec(compile(text, module.__file__, "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "leaving", module)
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    sent: dict[str, Any] = {}
    channel = types.SimpleNamespace(send=lambda event, **fields: sent.update(fields))
    Left(channel, [module.__file__], str(tmp_path)).send()  # type: ignore[arg-type]
    assert sent["whole"]
    named = {name.partition(" of ")[0] for name in sent["values"]}
    assert named == {"table", "huge", "odd", "Log.history", "step.calls", "__private"}
    assert sent["compared"] == 6
    assert sent["left_out"]["count"] == 2
    assert [name.partition(" of ")[0] for name in sent["left_out"]["names"]] == ["odd", "many"]


POOL = """
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from vmapify.verify.worker.left_behind import Footprint

told = SimpleNamespace(send=lambda event, **fields: print(event, fields["whole"], pool._threads.pop().is_alive()))
Footprint(told, [], "/nowhere").start()
pool = ThreadPoolExecutor(1)
print(pool.submit(lambda: 3).result())
"""


def test_idle_threads_of_a_pool_are_woken_before_they_are_waited_for() -> None:
    done = subprocess.run([sys.executable, "-c", POOL], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.split() == ["3", "footprint", "True", "False"], done.stderr
