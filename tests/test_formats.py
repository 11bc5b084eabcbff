"""The formats that other programs read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from conftest import LOOP

from vmapify import HOME
from vmapify.rule import RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.usefixtures("fake_core")


@pytest.fixture
def rendered(run: Callable[..., Result], tmp_path: Path) -> Callable[[str], str]:
    """A run over one rewrite, one blocked loop and one broken file, in the format asked for."""
    (tmp_path / "odd, name.py").write_text(LOOP)
    (tmp_path / "stay.py").write_text(LOOP.replace("in xs:", "in carry:"))
    (tmp_path / "bad.py").write_bytes(b"\0")

    def call(output_format: str) -> str:
        result = run("check", "--show-blocked", "--output-format", output_format)
        assert result.exit_code == 2
        return result.stdout

    return call


def test_github_escapes_what_it_must(rendered: Callable[[str], str]) -> None:
    rewrite, blocked, error = rendered("github").splitlines()
    assert rewrite.startswith("::warning title=vmapify (VM101),file=odd%2C name.py,line=7,col=5,endLine=8::")
    assert "%0Awrite: return jax.vmap(jnp.sin)(xs)" in rewrite
    assert blocked.startswith("::notice title=vmapify (VM101),file=stay.py")
    assert error.startswith("::error title=vmapify,file=bad.py::holds NUL bytes")


def test_gitlab_fingerprints_are_stable_and_distinct(rendered: Callable[[str], str]) -> None:
    rows = json.loads(rendered("gitlab"))
    assert [row["severity"] for row in rows] == ["minor", "info", "blocker"]
    assert len({row["fingerprint"] for row in rows}) == 3
    assert rows == json.loads(rendered("gitlab"))
    assert rows[0]["description"].startswith("VM101: ")
    assert rows[0]["location"] == {"path": "odd, name.py", "lines": {"begin": 7, "end": 8}}


def test_sarif_has_rules_results_fixes_and_notifications(rendered: Callable[[str], str]) -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    rewrite, blocked = run["results"]
    assert rules[rewrite["ruleIndex"]]["id"] == "VM101"
    assert [rewrite["level"], blocked["level"]] == ["warning", "note"]
    (change,) = rewrite["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"] == "return jax.vmap(jnp.sin)(xs)"
    assert "fixes" not in blocked
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_says_where_there_is_more(rendered: Callable[[str], str]) -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    driver = run["tool"]["driver"]
    assert driver["informationUri"] == HOME
    assert [rule["helpUri"] for rule in driver["rules"]] == [RULES[rule["id"]].url for rule in driver["rules"]]
    prints = [result["partialFingerprints"]["vmapifyLoop/v1"] for result in run["results"]]
    assert len(set(prints)) == 2
    assert rendered("sarif") == rendered("sarif")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("odd name.py", "odd%20name.py"),
        ("a#b?c.py", "a%23b%3Fc.py"),
        ("100%.py", "100%25.py"),
        ("c:d.py", "c%3Ad.py"),
        ("größe/x.py", "gr%C3%B6%C3%9Fe/x.py"),
    ],
)
def test_sarif_places_are_uris(run: Callable[..., Result], tmp_path: Path, path: str, uri: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(LOOP)
    (found,) = json.loads(run("check", "--output-format", "sarif").stdout)["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in found["results"]]
    assert places == [uri]
    assert unquote(uri) == path
    (found,) = json.loads(run("check", "--output-format", "sarif", str(tmp_path / path)).stdout)["runs"]
    (result,) = found["results"]
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == (tmp_path / path).as_uri()


def test_junit_counts(rendered: Callable[[str], str]) -> None:
    suite = ET.fromstring(rendered("junit")).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    kinds = [child.tag for case in suite for child in case]
    assert kinds == ["failure", "skipped", "error"]


ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {
        "name",
        "tests",
        "failures",
        "errors",
        "group",
        "time",
        "skipped",
        "timestamp",
        "hostname",
        "id",
        "file",
    },
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}
"""What the schema of Jenkins' xunit plugin (junit-10.xsd) allows of what is used here."""


def test_junit_has_what_jenkins_allows(rendered: Callable[[str], str]) -> None:
    root = ET.fromstring(rendered("junit"))
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag], element.tag
    suite = root[0]
    assert {"name", "tests", "failures", "errors"} <= set(suite.attrib)
    assert suite.get("skipped") == "1"
    assert [case.get("classname") for case in suite] == ["odd, name.py", "stay.py", "bad.py"]


@pytest.mark.parametrize("output_format", ["gitlab", "sarif", "junit", "github", "json", "json-lines"])
def test_nothing_found_is_still_a_document(run: Callable[..., Result], output_format: str) -> None:
    result = run("check", "--output-format", output_format)
    assert result.exit_code == 0
    if output_format == "junit":
        ET.fromstring(result.stdout)
    elif output_format in ("gitlab", "sarif", "json"):
        json.loads(result.stdout)
    else:
        assert result.stdout == ""
