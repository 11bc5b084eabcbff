"""Every file in ``fixtures/``: found as marked, rewritten as written, stable, and equal when run."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cases import Case, find_cases, read_case, with_output

from vmapify.diagnostic import Verification
from vmapify.pipeline.merge_edits import merged_edits
from vmapify.report import wording
from vmapify.rewrite import analyze
from vmapify.source import SourceFile, apply_edits
from vmapify.verify import VerifyOptions, judge_functions, judge_sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmapify.diagnostic import Finding, Site

CASES = find_cases()
REFUTED = find_cases(refuted=True)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
VALUES = Path(__file__).with_name("case_values.py")


def findings_in(text: str, path: str = "case.py") -> tuple[Finding, ...]:
    return analyze(SourceFile(path, text.encode()), ())


def rewritten(text: str) -> str:
    findings = [finding for finding in findings_in(text) if finding.verdict == "rewrite"]
    new = apply_edits(text.encode(), merged_edits(findings))
    assert isinstance(new, bytes), f"edits overlap: {new}"
    return new.decode()


@each_case
def test_both_halves_compile(case: Case) -> None:
    ast.parse(case.source)
    ast.parse(case.after)


@each_case
def test_findings_are_as_marked(case: Case) -> None:
    source = SourceFile("case.py", case.source.encode())
    found = [(source.line_column(f.loop.start)[0], _mark(f)) for f in findings_in(case.source)]
    assert sorted(found) == sorted((line, _in_order(mark)) for line, mark in case.marks)


@each_case
def test_the_short_way_finds_all_that_is_not_blocked(case: Case) -> None:
    source = SourceFile("case.py", case.source.encode())
    every = [finding for finding in findings_in(case.source) if finding.verdict != "blocked"]
    assert list(analyze(source, (), blocked=False)) == every


def _mark(finding: Finding) -> str:
    if finding.verdict == "rewrite":
        return finding.code
    if finding.verdict == "open":
        return _in_order("open: " + ", ".join({question.code for question in finding.questions}))
    return _in_order("blocked: " + ", ".join({reason.code for reason in finding.reasons}))


def _in_order(mark: str) -> str:
    """``mark`` with its codes in alphabetical order: which is told first is no matter of a fixture."""
    head, colon, codes = mark.partition(": ")
    return head + colon + ", ".join(sorted(codes.split(", ")))


@each_case
def test_blocked_findings_prove_and_advise(case: Case) -> None:
    for finding in findings_in(case.source):
        assert (finding.verdict == "blocked") == bool(finding.reasons)
        assert (finding.verdict == "open") == bool(finding.questions)
        assert all(wording.question(question) for question in finding.questions)
        for reason in finding.reasons:
            assert wording.message(reason)
            assert wording.advice(reason)
            assert reason.line >= 1


@each_case
def test_output_is_as_written(case: Case, request: pytest.FixtureRequest) -> None:
    new = rewritten(case.source)
    if request.config.getoption("--update-fixtures"):
        case.path.write_text(with_output(case.path, new if new != case.source else None), encoding="utf-8")
        case = read_case(case.path)
    assert new == case.after
    assert rewritten(new) == new, "a second run changes the output"


@each_case
def test_applicability_is_as_stated(case: Case) -> None:
    if case.applicability is not None:
        grades = [finding.applicability for finding in findings_in(case.source) if finding.verdict == "rewrite"]
        stated = case.applicability.split(", ")
        assert grades == (stated if len(stated) > 1 else stated * len(grades))
        assert grades


WORKLOAD = """
import importlib, traceback
from case_values import arguments
for name, texts, function, call in {calls!r}:
    try:
        module = importlib.import_module(name)
        args, kwargs = arguments(texts, call, vars(module))
        getattr(module, function)(*args, **kwargs)
    except Exception:
        traceback.print_exc()
"""


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, list[Verification]]:
    """The verdicts on every rewrite of every runnable case that is selected, recorded in one child on the CPU."""
    selected = {item.name for item in request.session.items}
    folder = tmp_path_factory.mktemp("cases")
    names: list[str] = []
    sites: list[Site] = []
    calls = []
    for case in CASES:
        if case.call is None or f"test_both_halves_give_the_same[{case.name}]" not in selected:
            continue
        module = re.sub(r"\W", "_", case.name)
        path = folder / f"{module}.py"
        path.write_text(case.source, encoding="utf-8")
        found = [
            finding.site
            for finding in findings_in(case.source, str(path))
            if finding.verdict == "rewrite" and finding.site is not None
        ]
        names += [case.name] * len(found)
        sites += found
        calls.append((module, case.values, *case.called))
    shutil.copy(VALUES, folder)
    script = folder / "workload.py"
    script.write_text(WORKLOAD.format(calls=calls), encoding="utf-8")
    run = f"python {shlex.quote(str(script))}"
    found = judge_sites(sites, VerifyOptions(device="cpu", run=run, workload_timeout=3600))
    by_case: dict[str, list[Verification]] = defaultdict(list)
    for name, verification in zip(names, (found[i] for i in range(len(sites))), strict=True):
        by_case[name].append(verification)
    return by_case


@pytest.mark.xdist_group("verdicts")  # one child for all of them
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.call and case.output is not None], ids=lambda case: case.name
)
def test_both_halves_give_the_same(case: Case, verdicts: Mapping[str, list[Verification]]) -> None:
    assert verdicts[case.name], "no site was judged"
    for verification in verdicts[case.name]:
        assert verification.verdict in case.verdicts, verification.reason


INPUTS = """
import importlib.util, sys
sys.path.insert(0, {folder!r})
from case_values import arguments


def inputs():
    return [arguments({texts!r}, {call!r}, {{}})]
"""


@pytest.mark.parametrize("case", REFUTED, ids=lambda case: case.name)
def test_wrong_rewrites_are_refuted(case: Case, tmp_path: Path) -> None:
    before, after, inputs = (tmp_path / name for name in ("before.py", "after.py", "values.py"))
    before.write_text(case.source, encoding="utf-8")
    after.write_text(case.after, encoding="utf-8")
    function, call = case.called
    text = INPUTS.format(folder=str(VALUES.parent), texts=case.values, call=call)
    inputs.write_text(text, encoding="utf-8")
    options = VerifyOptions(device="cpu", inputs=(str(inputs), "inputs"))
    (verification,) = judge_functions(before, after, function, options)
    assert isinstance(verification, Verification), verification
    assert verification.verdict in case.verdicts, verification.reason
