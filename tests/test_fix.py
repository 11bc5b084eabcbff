"""``vmapify fix`` from the outside, with a stand-in for the verifier."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Literal

import pytest
from conftest import LOOP

from vmapify.diagnostic import Change, Speedup, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from click.testing import Result

    from vmapify.diagnostic import Site

    Run = Callable[..., Result]

IDENTICAL = Verification(
    "identical",
    device="cpu:0",
    jax="0.12.0",
    inputs="recorded",
    batch_sizes=(32,),
    max_error_loop=2e-8,
    max_error_vmap=2e-8,
    speedup=Speedup(15.2, 98.4),
)
REWRITTEN = """\
import jax
import jax.numpy as jnp


def energies(xs):
    return jax.vmap(jnp.sin)(xs)
"""


@pytest.fixture
def judged(fake_core: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Verification]:
    """Verdicts by function name for the stand-in verifier; unknown ones are identical. Records the calls."""
    verdicts: dict[str, Verification] = {}

    def judge(sites: Sequence[Site]) -> list[Verification]:
        verdicts["calls"] = Verification("inconclusive", reason=str(len(sites)))
        return [verdicts.get(site.function or "", IDENTICAL) for site in sites]

    monkeypatch.setattr("vmapify.cli.fix.judge_with", lambda *options: judge)
    return verdicts


@pytest.mark.usefixtures("judged")
def test_without_write_there_is_a_diff_and_exit_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("fix")
    assert result.exit_code == 1
    assert "-    for x in xs:" in result.stdout
    assert "+    return jax.vmap(jnp.sin)(xs)" in result.stdout
    assert (
        "VM101 a.py:7 energies: identical on cpu:0 (jax 0.12.0, recorded inputs, n=32)"
        " · loop err 2e-08, vmap err 2e-08 · 15x first call, 98x steady · ready"
    ) in result.stdout
    assert (tmp_path / "a.py").read_text() == LOOP


@pytest.mark.usefixtures("judged")
def test_the_diff_applies_with_git(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP.rstrip("\n"))
    diff, _, _ = run("fix").stdout.partition("VM101")
    subprocess.run(["git", "apply", "-"], input=diff.encode(), check=True, cwd=tmp_path)
    assert (tmp_path / "a.py").read_text() == REWRITTEN.rstrip("\n")


@pytest.mark.usefixtures("judged")
def test_write_writes_and_a_second_run_is_clean(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    result = run("fix", "--write")
    assert result.exit_code == 0
    assert (tmp_path / "a.py").read_text() == REWRITTEN
    assert "Wrote 1 rewrite." in result.stdout
    again = run("fix", "--write")
    assert again.exit_code == 0
    assert "No loop to rewrite" in again.stdout


@pytest.mark.usefixtures("judged")
def test_line_ends_are_the_files_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbf" + LOOP.replace("\n", "\r\n").encode())
    assert run("fix", "--write").exit_code == 0
    assert (tmp_path / "a.py").read_bytes() == b"\xef\xbb\xbf" + REWRITTEN.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("verification", "words"),
    [
        (
            Verification("different", reason="leaf [2]: 1.0 and 2.0"),
            "leaf [2]: 1.0 and 2.0 · left: the rewrite is",
        ),
        (Verification("inconclusive", reason="never called"), "never called · left: not proven equal"),
        (Verification("precision-changed", reason="TF32"), "left: the precision changes; --unsafe"),
    ],
)
def test_other_verdicts_are_left(
    run: Run, tmp_path: Path, judged: dict[str, Verification], verification: Verification, words: str
) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    judged["energies"] = verification
    result = run("fix", "--write")
    assert result.exit_code == 1
    assert words in result.stdout
    assert (tmp_path / "a.py").read_text() == LOOP


@pytest.mark.parametrize(
    ("code", "words"), [("placement", "results are placed otherwise"), ("weak-type-lost", "a weak type is lost")]
)
def test_changes_besides_values_are_named_and_written_when_told(
    run: Run, tmp_path: Path, judged: dict[str, Verification], code: Literal["placement", "weak-type-lost"], words: str
) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    judged["energies"] = Verification("equivalent", changes=(Change(code, "return differs"),))
    left = run("fix", "--write")
    assert left.exit_code == 1
    assert f"changes {code}: return differs · left: {words}" in left.stdout
    assert (tmp_path / "a.py").read_text() == LOOP
    written = run("fix", "--write", "--unsafe")
    assert written.exit_code == 0
    assert f"changes {code}: return differs" in written.stdout
    assert (tmp_path / "a.py").read_text() == REWRITTEN


def test_unsafe_writes_changed_precision(run: Run, tmp_path: Path, judged: dict[str, Verification]) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    judged["energies"] = Verification("precision-changed")
    assert run("fix", "--write", "--unsafe").exit_code == 0
    assert (tmp_path / "a.py").read_text() == REWRITTEN


def test_unsafe_rewrites_are_not_even_run(run: Run, tmp_path: Path, judged: dict[str, Verification]) -> None:
    noisy = LOOP.replace("xs", "noisy")
    (tmp_path / "a.py").write_text(noisy)
    result = run("fix", "--write")
    assert result.exit_code == 1
    assert "more than values changes" in result.stdout
    assert "calls" not in judged
    assert run("fix", "--write", "--unsafe").exit_code == 0


def test_unverified_runs_nothing_and_writes_what_is_safe(
    run: Run, tmp_path: Path, judged: dict[str, Verification]
) -> None:
    (tmp_path / "safe.py").write_text(LOOP)
    (tmp_path / "unsure.py").write_text(LOOP.replace("xs", "items"))
    result = run("fix", "--write", "--unverified")
    assert result.exit_code == 1
    assert "calls" not in judged
    assert (tmp_path / "safe.py").read_text() == REWRITTEN
    assert "it rests on assumptions" in result.stdout
    assert "for x in items" in (tmp_path / "unsure.py").read_text()


def test_all_sites_are_judged_in_one_go(run: Run, tmp_path: Path, judged: dict[str, Verification]) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(LOOP)
    run("fix")
    assert judged["calls"].reason == "3"


@pytest.mark.usefixtures("judged")
def test_suppressed_loops_are_never_written(run: Run, tmp_path: Path) -> None:
    silenced = LOOP.replace("for x in xs:", "for x in xs:  # vmapify: ignore[VM101] kept for teaching")
    (tmp_path / "a.py").write_text(silenced)
    assert run("fix", "--write").exit_code == 0
    assert (tmp_path / "a.py").read_text() == silenced
    assert "suppressed" in run("fix", "--show-suppressed").stdout


@pytest.mark.usefixtures("judged")
def test_unused_suppressions_are_removed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # vmapify: ignore[VM101]\n# vmapify: ignore-file\ny = 2\n")
    assert run("fix", "--write").exit_code == 0
    assert (tmp_path / "a.py").read_text() == "x = 1\ny = 2\n"


@pytest.mark.usefixtures("judged")
def test_a_file_that_changes_during_the_run_is_left_and_the_others_are_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(LOOP)
    (tmp_path / "c.py").chmod(0o444)

    def judge(sites: Sequence[Site]) -> list[Verification]:
        (tmp_path / "a.py").write_text(LOOP + "# edited meanwhile\n")
        return [IDENTICAL for _ in sites]

    monkeypatch.setattr("vmapify.cli.fix.judge_with", lambda *options: judge)
    result = run("fix", "--write")
    assert result.exit_code == 2
    assert "a.py: error: changed on disk since it was read" in result.stdout
    assert "c.py: error: is read-only" in result.stdout
    assert (tmp_path / "a.py").read_text() == LOOP + "# edited meanwhile\n"
    assert (tmp_path / "b.py").read_text() == REWRITTEN
    assert (tmp_path / "c.py").read_text() == LOOP


@pytest.mark.usefixtures("judged")
def test_interactive_asks_for_each(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(LOOP)
    result = run("fix", "--interactive", input="n\ny\n")
    assert result.exit_code == 1
    assert "Write this rewrite (identical)?" in result.stdout
    assert "you kept the loop" in result.stdout
    assert (tmp_path / "a.py").read_text() == LOOP
    assert (tmp_path / "b.py").read_text() == REWRITTEN


@pytest.mark.usefixtures("judged")
def test_json_carries_the_evidence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    (finding,) = json.loads(run("fix", "--output-format", "json").stdout)["findings"]
    verification = finding["verification"]
    assert verification["verdict"] == "identical"
    assert verification["speedup"].items() >= {"first_call": 15.2, "steady": 98.4}.items()
    assert verification["batch_sizes"] == [32]
    assert finding["outcome"] == {"state": "proposed", "why": ""}


@pytest.mark.usefixtures("judged")
def test_standard_input_cannot_be_fixed(run: Run) -> None:
    result = run("fix", "-", input=LOOP)
    assert result.exit_code == 2
    assert "vmapify check -" in result.stderr


@pytest.mark.usefixtures("judged")
def test_inputs_need_a_function(run: Run) -> None:
    result = run("fix", "--inputs", "values.py")
    assert result.exit_code == 2
    assert "belong together" in result.stderr
