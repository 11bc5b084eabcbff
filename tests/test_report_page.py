"""``--report FILE.html``: one page, nothing from elsewhere, texts and evidence of every verdict."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from vmapify.diagnostic import Problem, Skipped, Verification
from vmapify.report.as_html import verify_page
from vmapify.report.style import Style
from vmapify.report.verification import Recorded, VerifyReport, VerifyResult, render_verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

FOUND = Verification(
    "different",
    "not rounding",
    device="cpu:0",
    jax="0.12.0",
    inputs="given",
    batch_sizes=(4,),
    max_error_loop=1e-7,
    max_error_vmap=0.5,
    example="return[0, 1]: 1.0 in the loop, 2.0 in the rewrite",
)


def test_a_page_tells_what_differs_first_and_by_how_much() -> None:
    recorded = Recorded("identical", "cuda:0", "0.10.2", False, ("another JAX: 0.12.0 instead of 0.10.2",))
    result = VerifyResult("a.py", "f<T>", FOUND, recorded, "return x < y", "return jax.vmap(g)(x)")
    page = verify_page(VerifyReport((result,), (Problem("b.py", 3, "no & no"),)))
    for words in (
        "different",
        "f&lt;T&gt;",
        "return x &lt; y",
        "return[0, 1]: 1.0 in the loop",
        "1e-07",
        "0.5",
        "0.12.0",
    ):
        assert words in page
    assert "CHANGED: recorded as identical on cuda:0" in page
    assert "b.py:3</b>: no &amp; no" in page
    assert not re.search(r"https?://|<script|src=", page)


HASTY = replace(
    FOUND,
    verdict="identical",
    example=None,
    skipped=(
        Skipped("redraws", "time", "time ran out (30 s)"),
        Skipped("row-counts", "time", "time ran out (30 s)"),
        Skipped("proof", "rows", "a loop over more than 64 rows is not traced"),
    ),
)


def test_stages_that_were_left_out_are_listed_and_in_a_line_those_that_more_time_would_show() -> None:
    report = VerifyReport((VerifyResult("a.py", "f", HASTY),))
    late = "redrawn inputs, other numbers of rows: time ran out (30 s)"
    rows = "the proof by construction: a loop over more than 64 rows is not traced"
    assert f"<th>not done<td>{late}; {rows}" in verify_page(report)
    line = render_verify(report, as_json=False, style=Style())
    assert f"not done: {late}" in line
    assert "proof" not in line
    listed = json.loads(render_verify(report, as_json=True, style=Style()))["results"][0]["skipped"]
    assert [stage["stage"] for stage in listed] == ["redraws", "row-counts", "proof"]
    assert listed[0] == {"stage": "redraws", "cause": "time", "why": "time ran out (30 s)"}


@pytest.mark.usefixtures("fake_core")
def test_fix_writes_the_page(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "vmapify.verify.judge_sites", lambda sites, options, **_: dict.fromkeys(range(len(sites)), FOUND)
    )
    (tmp_path / "model.py").write_text(
        "import jax.numpy as jnp\n\n\ndef energies(xs):\n    out = []\n    for x in xs:\n"
        "        out.append(jnp.sin(x))\n    return jnp.stack(out)\n"
    )
    assert run("fix", "model.py", "--report", "page.html").exit_code == 1
    page = (tmp_path / "page.html").read_text()
    assert "energies" in page
    assert "return[0, 1]" in page
    assert run("fix", "model.py", "--report", "no/such/page.html").exit_code == 2
