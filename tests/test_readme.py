"""What the README says is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vmapify.cli.main import COMMANDS
from vmapify.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_there_are_two_commands() -> None:
    assert len(re.findall(r"^python3 -m venv ", README, re.MULTILINE)) == 2


def test_the_settings_shown_are_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(block)
    assert load_settings([str(tmp_path)]).timeout == 120


def test_the_loops_of_the_example_are_found_where_the_readme_shows_them(run: Callable[..., Result]) -> None:
    shown = set(re.findall(r"^(VM\d+) examples/spectra.py:(\d+)", README, re.MULTILINE))
    result = run("check", str(ROOT / "examples" / "spectra.py"), "--output-format", "concise", "--quiet")
    found = {(code, line) for line, code in re.findall(r":(\d+):\d+: (VM\d+)", result.stdout)}
    assert found == shown


def test_links_are_absolute_and_lead_to_what_is_there() -> None:
    """The README is read on PyPI, too, where relative links lead nowhere."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        assert link.startswith(("https://", "#")), link
        if (path := link.removeprefix(f"{urls['Homepage']}/blob/main/")) != link:
            assert (ROOT / path.partition("#")[0]).exists(), link


@pytest.mark.parametrize("option", sorted(set(re.findall(r"--[a-z][a-z-]+", README))))
def test_options_named_exist(run: Callable[..., Result], option: str) -> None:
    help_texts = "".join(run(command, "--help").stdout for command in COMMANDS)
    assert option in help_texts
