"""Every file in ``fixtures/``: found as marked, rewritten as written, stable, and equal when run."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cases import Case, find_cases, read_case, with_output

from vmapify.pipeline.merge import merged_edits
from vmapify.source import SourceFile, apply_edits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmapify.diagnostic import Finding, Verification

CASES = find_cases()
REFUTED = find_cases(refuted=True)
HAS_CORE = hasattr(importlib.import_module("vmapify.rewrite"), "analyze")
HAS_VERIFIER = hasattr(importlib.import_module("vmapify.verify"), "judge_functions")

needs_core = pytest.mark.skipif(not HAS_CORE, reason="the analyser is not there yet")
needs_verifier = pytest.mark.skipif(not HAS_VERIFIER, reason="the verifier is not there yet")
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
VALUES = Path(__file__).with_name("case_values.py")


def analyze(text: str) -> tuple[Finding, ...]:
    from vmapify.rewrite import analyze as analyze_source

    return analyze_source(SourceFile("case.py", text.encode()), ())


def rewritten(text: str) -> str:
    findings = [finding for finding in analyze(text) if finding.verdict == "rewrite"]
    new = apply_edits(text.encode(), merged_edits(findings))
    assert isinstance(new, bytes), f"edits overlap: {new}"
    return new.decode()


@each_case
def test_both_halves_compile(case: Case) -> None:
    ast.parse(case.source)
    ast.parse(case.after)


@needs_core
@each_case
def test_findings_are_as_marked(case: Case) -> None:
    source = SourceFile("case.py", case.source.encode())
    found = [(source.line_column(f.loop.start)[0], _mark(f)) for f in analyze(case.source)]
    assert sorted(found) == sorted(case.marks)


def _mark(finding: Finding) -> str:
    if finding.verdict == "rewrite":
        return finding.code
    return "blocked: " + ", ".join(dict.fromkeys(reason.code for reason in finding.reasons))


@needs_core
@each_case
def test_blocked_findings_prove_and_advise(case: Case) -> None:
    for finding in analyze(case.source):
        assert (finding.verdict == "blocked") == bool(finding.reasons)
        for reason in finding.reasons:
            assert reason.message
            assert reason.advice
            assert reason.line >= 1


@needs_core
@each_case
def test_output_is_as_written(case: Case, request: pytest.FixtureRequest) -> None:
    new = rewritten(case.source)
    if request.config.getoption("--update-fixtures"):
        case.path.write_text(with_output(case.path, new if new != case.source else None), encoding="utf-8")
        case = read_case(case.path)
    assert new == case.after
    assert rewritten(new) == new, "a second run changes the output"


@needs_core
@each_case
def test_applicability_is_as_stated(case: Case) -> None:
    if case.applicability is not None:
        grades = {finding.applicability for finding in analyze(case.source) if finding.verdict == "rewrite"}
        assert grades == {case.applicability}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Verification]:
    """Both halves of every runnable case, judged on the CPU in one child process."""
    from vmapify.verify import VerifyOptions, judge_functions

    raise NotImplementedError(VerifyOptions, judge_functions, tmp_path_factory)


def write_pair(case: Case, folder: Path) -> tuple[Path, Path, Path]:
    """The two halves and an inputs file, as ``vmapify verify`` takes them."""
    folder.mkdir(parents=True)
    before, after, inputs = (folder / name for name in ("before.py", "after.py", "inputs.py"))
    before.write_text(case.source, encoding="utf-8")
    after.write_text(case.after, encoding="utf-8")
    texts = dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", case.inputs))
    assert case.call is not None
    _, _, call = case.call.partition("(")
    values = VALUES.read_text(encoding="utf-8")
    values += f"\n\ndef inputs():\n    return [arguments({texts!r}, {call.removesuffix(')')!r})]\n"
    inputs.write_text(values, encoding="utf-8")
    return before, after, inputs


@needs_verifier
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.call and case.output is not None], ids=lambda case: case.name
)
def test_both_halves_give_the_same(case: Case, verdicts: Mapping[str, Verification]) -> None:
    verification = verdicts[case.name]
    assert verification.verdict in case.verdicts, verification.reason


@needs_verifier
@pytest.mark.parametrize("case", REFUTED, ids=lambda case: case.name)
def test_wrong_rewrites_are_refuted(case: Case, verdicts: Mapping[str, Verification]) -> None:
    verification = verdicts[case.name]
    assert verification.verdict in case.verdicts, verification.reason
