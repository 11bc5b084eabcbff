"""Every code has a page, every page the same headings, and every example is true."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import vmapify
from vmapify.pipeline.merge_edits import merged_edits
from vmapify.rewrite import analyze
from vmapify.rule import ASSUMPTIONS, REASONS, RULES, Page, Rule, find, nearest
from vmapify.source import SourceFile, apply_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.mark import ParameterSet
    from click.testing import Result

RULE_HEADINGS = [
    "What it does",
    "Why is this bad?",
    "Example",
    "Use instead",
    "When it is refused",
    "How it is verified",
]
CONTRACT_REASONS = [
    "loop-carried-dependency",
    "side-effect",
    "python-branch-on-value",
    "non-jax-callee",
    "ragged-shapes",
    "heterogeneous-callees",
    "static-index",
    "early-exit",
    "not-arrays",
    "reference-oracle",
    "opaque-callee",
    "results-used-elsewhere",
    "random-stream-changes",
]

PAGES = [*RULES.values(), *REASONS.values(), *ASSUMPTIONS.values()]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_rule_pages_have_every_heading(rule: Rule) -> None:
    assert list(rule.sections()) == RULE_HEADINGS
    assert all(rule.sections().values())


@pytest.mark.parametrize("page", REASONS.values(), ids=lambda page: page.code)
def test_reason_pages_say_what_it_means_and_what_to_do(page: Page) -> None:
    assert list(page.sections()) == ["What it means", "Example", "What you can do instead"]
    assert page.example("Example")


@pytest.mark.parametrize("page", ASSUMPTIONS.values(), ids=lambda page: page.code)
def test_assumption_pages_say_how_they_are_discharged(page: Page) -> None:
    assert list(page.sections()) == ["What it means", "How it is discharged"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_pages_are_well_formed(page: Page) -> None:
    summary = page.text.split("\n", 1)[0]
    assert summary.endswith(".")
    assert len(summary) <= 120
    for block in re.findall(r"^```python\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL):
        ast.parse("def block():\n" + "".join(f"    {line}\n" for line in block.splitlines()))


def test_contract_codes_are_documented() -> None:
    assert set(CONTRACT_REASONS) <= set(REASONS)
    assert {"VM101", "VM102", "VM103", "VM104", "VM105", "VM901", "VM902"} <= set(RULES)


def test_codes_are_unique_over_all_kinds() -> None:
    codes = [page.code for page in PAGES] + [rule.name for rule in RULES.values()]
    assert len(codes) == len(set(codes))


def _constants(path: Path, constructor: str, position: int) -> Iterator[str]:
    """The string constants at a position in the calls of a name or method."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and len(node.args) > position:
            function, argument = node.func, node.args[position]
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", None)
            if name == constructor and isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _emitted(constructor: str, position: int = 0) -> set[str]:
    paths = Path(vmapify.__path__[0]).rglob("*.py")
    return {code for path in paths for code in _constants(path, constructor, position)}


def test_every_reason_the_code_gives_has_a_page() -> None:
    assert (_emitted("Reason") | _emitted("Obstacle")) <= set(REASONS)


def test_every_assumption_the_code_makes_has_a_page() -> None:
    """An assumption may bear a reason's code: what is only feared, not proven, and left to the verifier."""
    assert _emitted("Assumption") <= {*ASSUMPTIONS, *REASONS}


def test_every_event_of_abstract_evaluation_has_a_page() -> None:
    internal = {"used-as-array"}  # evidence for an array, never shown
    assert _emitted("event", 1) - internal <= {*ASSUMPTIONS, *REASONS}


NOT_YET: set[str] = set()
"""Rules whose loops the analyser does not recognise yet."""


def _examples() -> Iterator[ParameterSet]:
    for code in RULES:
        marks = [pytest.mark.xfail(reason="not recognised yet")] if code in NOT_YET else []
        if code < "VM9":
            yield pytest.param(code, marks=marks)


@pytest.mark.parametrize("code", list(_examples()))
def test_example_becomes_use_instead(code: str) -> None:
    rule = RULES[code]
    before, after = rule.example("Example"), rule.example("Use instead")
    assert before
    assert after
    findings = analyze(SourceFile("example.py", before.encode()), ())
    assert [(finding.code, finding.verdict) for finding in findings] == [(code, "rewrite")]
    new = apply_edits(before.encode(), merged_edits(findings))
    assert isinstance(new, bytes)
    assert new.decode() == after


def test_find_knows_codes_and_names_in_any_case() -> None:
    assert find("vm101") is RULES["VM101"]
    assert find("Append-Then-Stack") is RULES["VM101"]
    assert find("early_exit") is REASONS["early-exit"]
    assert find("nonempty") is ASSUMPTIONS["nonempty"]
    assert find("nothing") is None
    assert nearest("loop-carry") == "loop-carried-dependency"


def test_rule_command(run: Callable[..., Result]) -> None:
    assert run("rule", "VM102").stdout.startswith("# stacked-comprehension (VM102)\n\n")
    listing = run("rule").stdout
    assert all(page.code in listing for page in PAGES)
    assert run("rule", "--all").stdout.count("\n# ") == len(PAGES) - 1
    document = json.loads(run("rule", "early-exit", "--output-format", "json").stdout)
    assert [page["kind"] for page in document] == ["reason"]
    unknown = run("rule", "ealry-exit")
    assert unknown.exit_code == 2
    assert "did you mean `early-exit`?" in unknown.stderr
