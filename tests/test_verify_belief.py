"""What the parent does not believe: reports that no judge would write. Each makes its site inconclusive, none a crash."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites
from vmapify.verify.channel import Log
from vmapify.verify.combine_reports import cut_short, folded
from vmapify.verify.process import Ended

if TYPE_CHECKING:
    from pathlib import Path

KEY = "key"
SAME = {"loop": "0" * 32, "rewrite": "0" * 32}
TIME = {"first": 1.0, "steady": 1.0, "low": 1.0, "high": 1.0, "runs": 3, "memory": None}
TIMING = {"loop": TIME, "rewrite": TIME, "rows": 4, "mode": "eager", "telling": True, "even": None}
REPORT = {
    "verdict": "identical",
    "reason": "bitwise equal",
    "example": None,
    "refused": False,
    "final": False,
    "agrees": False,
    "max_error_loop": None,
    "max_error_vmap": None,
    "batch": 4,
    "obstacle": None,
    "rows_that_fit": None,
    "inputs": "module",
    "device": "cpu:0",
    "device_kind": "cpu",
    "jax": "0.10.2",
    "matmul_precision": "default",
    "enable_x64": False,
    "peak_memory": None,
    "digests": SAME,
    "sizes": [5],
    "timing": TIMING,
    "table": None,
}
STARTED = {"event": "started", "jax": "0.10.2"}
BEGIN = {"event": "begin", "site": 0}


def _log(folder: Path, *messages: Any) -> Log:
    path = folder / "channel.jsonl"
    with path.open("wb") as stream:
        for number, message in enumerate(messages, start=1):
            content = {"pid": 1, "number": number, **message} if isinstance(message, dict) else message
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            stream.write(hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest().encode() + b" " + text + b"\n")
    log = Log(path, KEY, {0: True, 1: False})
    log.read()
    log.mistrust()
    return log


def _verdict(report: Any, site: Any = 0) -> dict[str, Any]:
    return {"event": "verdict", "site": site, "report": report}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"jax": "0.10.2.dev20260101"}, None),
        ({"digests": {"loop": "1" * 32, "rewrite": "0" * 32}, "verdict": "equivalent"}, None),
        ({"jax": "9.9.9"}, "JAX 9.9.9 was not there"),
        ({"jax": "none"}, "JAX none"),
        ({"jax": None}, "jax"),
        ({"device": "mine"}, "no such device"),
        ({"batch": None}, "no rows were run"),
        ({"batch": 0}, "no rows were run"),
        ({"batch": True}, "batch"),
        ({"digests": {}}, "no results of both versions"),
        ({"digests": {"loop": None, "rewrite": None}}, "no results of both versions"),
        ({"digests": {"loop": "1" * 32, "rewrite": "0" * 32}}, "identical results that differ"),
        ({"like": "identical", "digests": {}}, "no verdict on other inputs"),
        ({"verdict": "perfect"}, "verdict"),
        ({"verdict": ["identical"]}, "verdict"),
        ({"inputs": "dreams"}, "inputs"),
        ({"sizes": "many"}, "sizes"),
        ({"sizes": ["5"]}, "sizes"),
        ({"timing": {"telling": True}}, "timing"),
        ({"timing": TIMING | {"loop": {"steady": "fast"}}}, "timing"),
        ({"timing": TIMING | {"loop": TIME | {"extra": 1}}}, "timing"),
        ({"table": [1]}, "table"),
        ({"table": [{"rows": 1, "mode": "eager", "loop": {}, "rewrite": None, "skipped": ""}]}, "table"),
        ({"max_error_loop": "small"}, "max_error_loop"),
    ],
)
def test_a_report_needs_its_fields_and_its_evidence(tmp_path: Path, change: dict[str, Any], why: str | None) -> None:
    log = _log(tmp_path, STARTED, BEGIN, _verdict(REPORT | change), {"event": "end", "site": 0})
    found = folded(log.shown(0))
    assert found.verdict == ("inconclusive" if why else (REPORT | change)["verdict"])
    assert (why or "") in found.reason
    log = _log(tmp_path, STARTED, BEGIN, _verdict(REPORT), _verdict(REPORT | change))
    assert folded(log.shown(0)).verdict == ("identical" if "like" in change else found.verdict)
    log = _log(tmp_path, STARTED, BEGIN, {"event": "provisional", "site": 0, "report": REPORT | change})
    assert cut_short(log.shown(0), Ended(0, "timed out after 3 s", ""), "the site").verdict == found.verdict


def test_a_verdict_needs_its_beginning_and_a_known_site(tmp_path: Path) -> None:
    assert "beginning" in folded(_log(tmp_path, STARTED, _verdict(REPORT)).shown(0)).reason
    other = {"event": "begin", "site": 1}
    assert "beginning" in folded(_log(tmp_path, STARTED, other, _verdict(REPORT)).shown(0)).reason
    assert "JAX 0.10.2 was not there" in folded(_log(tmp_path, BEGIN, _verdict(REPORT)).shown(0)).reason
    log = _log(tmp_path, STARTED, {"event": "begin", "site": 7}, _verdict(REPORT, 7), {"event": "done", "site": 7})
    assert not log.reports
    assert not log.done
    assert not log.judging()


@pytest.mark.parametrize(
    "message",
    [
        b"no JSON",
        b"[1, 2]",
        b"[" * 100_000,
        {"event": "sing"},
        {"event": ["verdict"]},
        {"event": "verdict"},
        {"event": "verdict", "site": "0", "report": REPORT},
        {"event": "verdict", "site": [0], "report": REPORT},
        {"event": "verdict", "site": 0, "report": []},
        {"event": "verdict", "site": True, "report": REPORT},
        {"event": "stored", "site": 0, "stored": None},
        {"event": "file", "sites": "abc"},
        {"event": "problem", "text": None},
    ],
)
def test_a_message_that_makes_no_sense_is_noticed_and_breaks_nothing(tmp_path: Path, message: Any) -> None:
    log = _log(tmp_path, STARTED, BEGIN, message, _verdict(REPORT))
    found = folded(log.shown(0))
    assert (found.verdict, "reports of the judge were lost" in found.reason) == ("inconclusive", True)


FORGED = """
import builtins, sys, threading
import jax, jax.numpy as jnp, numpy as np

xs = jnp.arange(12.0).reshape(4, 3) + 1

def forge():
    channel = next(value for name, value in vars(builtins).items() if "vmapify" in name).__self__._channel
    channel.send("verdict", site=SITE, report=REPORT)
    channel.send("end", site=0)
    channel.send("done", site=0)
    sys.modules["os"]._exit(0)

def at(x):
    if threading.current_thread() is not threading.main_thread():
        forge()
    return x * 2

def run(xs):
    # region forged
    return jnp.stack([at(x) for x in xs])
    # end

run(xs)
"""


@pytest.mark.parametrize("change", [{"jax": "1.2.3"}, {"digests": {}}, {"batch": None}, {"timing": {"loop": 1}}])
def test_a_verdict_that_judged_code_sends_is_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    path = tmp_path / "odd.py"
    text = FORGED.replace("REPORT", repr(REPORT | change)).replace("SITE", "0")
    path.write_text(text, encoding="utf-8")
    wrong = "return jax.vmap(lambda x: x * 2)(xs)[::-1]"
    found = judge_sites([region(path, "forged", wrong)], VerifyOptions(python=sys.executable))[0]
    assert found.verdict == "inconclusive"
    assert "not one that it writes" in found.reason


def test_rows_that_are_listed_are_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    path = tmp_path / "listed.py"
    text = (
        FORGED.replace("forge()\n    return x * 2", "pass\n    return x * 2")
        .replace("REPORT", "0")
        .replace("SITE", "0")
    )
    path.write_text(text.replace("jnp.stack([at(x)", "list([float(at(x)[0])"), encoding="utf-8")
    right = "return [float(y) for y in jax.vmap(lambda x: x[0] * 2)(xs)]"
    found = judge_sites([region(path, "forged", right)], VerifyOptions(python=sys.executable))[0]
    assert found.verdict == "identical", found.reason
