"""Every example in the documentation is run, and every page that is made from the code has all of it.

Of a page, Python blocks with a title are files, the others run one after the other; of console blocks the commands are run and
what is shown has to come, in its order (``...`` stands for more); shell lines name options that exist; TOML and YAML are read.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from click import Group
from click.testing import CliRunner

from vmapify.cli.main import COMMANDS, vmapify
from vmapify.config import KEYS, load_settings
from vmapify.rule import ASSUMPTIONS, REASONS, RULES

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READ = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))} | {
    "README.md": (ROOT / "README.md").read_text(encoding="utf-8")
}


def _generated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generated", DOCS / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE: dict[str, str] = dict(_generated().pages())


def _blocks(text: str, language: str) -> list[tuple[str, str]]:
    return [(title, code) for found, title, code in BLOCK.findall(text) if found == language]


def _help(command: str) -> str:
    return CliRunner().invoke(vmapify, [command, "--help"], terminal_width=200).output


@pytest.mark.parametrize(
    "name", [name for name, text in READ.items() if _blocks(text, "python") and name != "README.md"]
)
def test_python_and_consoles_do_what_is_shown(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("VMAPIFY_CACHE_DIR", str(tmp_path / "cache"))
    space: dict[str, object] = {"__name__": "page"}
    for language, title, code in BLOCK.findall(READ[name]):
        if language == "python" and title:
            Path(title).write_text(code, encoding="utf-8")
        elif language == "python":
            exec(compile(code, f"{name}: {code[:40]!r}", "exec"), space)
        elif language == "console":
            _console(code)


def _console(text: str) -> None:
    command, *shown = "", ""
    for line in [*text.splitlines(), "$ "]:
        if not line.startswith("$ "):
            shown.append(line)
            continue
        if command:
            _run(command, shown)
        command, shown = line.removeprefix("$ "), []


def _run(command: str, shown: list[str]) -> None:
    program, *words = shlex.split(command)
    assert program == "vmapify"
    python = ["--python", sys.executable] if words[0] in {"fix", "verify", "bench"} else []
    done = subprocess.run(
        [sys.executable, "-m", "vmapify", *words, *python],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
    )
    assert done.returncode in {0, 1}, done.stderr
    place = 0
    for part in (part for line in shown for part in line.split("...")):
        found = done.stdout.find(part.rstrip(), place)
        assert found >= 0, f"{command}: {part!r} is not in\n{done.stdout}"
        place = found + len(part.rstrip())


SHELL = [(name, line) for name, text in READ.items() for _, code in _blocks(text, "sh") for line in code.splitlines()]


@pytest.mark.parametrize(("name", "line"), [pytest.param(*one, id=f"{one[0]}: {one[1][:60]}") for one in SHELL])
def test_commands_have_the_options_shown(name: str, line: str) -> None:
    program, command, *words = [*shlex.split(line, comments=True), ""]
    if program != "vmapify":
        assert line.startswith("python3 -m venv "), line
        return
    known = _help(command)
    assert command in COMMANDS
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"{name}: {command} has no {word}"


@pytest.mark.parametrize("name", [*READ, "settings.md"])
def test_settings_shown_are_valid(name: str, tmp_path: Path) -> None:
    for _, code in _blocks(READ.get(name, MADE.get(name, "")), "toml"):
        (tmp_path / "pyproject.toml").write_text(code)
        assert load_settings([str(tmp_path)]).file == str(tmp_path / "pyproject.toml")


YAML = [(name, code) for name, text in READ.items() for _, code in _blocks(text, "yaml")]


@pytest.mark.parametrize(("name", "code"), YAML)
def test_workflows_and_hooks_shown_are_valid(name: str, code: str) -> None:
    document = yaml.safe_load(code)
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for repository in document.get("repos", ()):
        assert {hook["id"] for hook in repository["hooks"]} <= hooks
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    for step in (step for job in document.get("jobs", {}).values() for step in job["steps"]):
        if step.get("uses", "").startswith("vmapify/"):
            assert set(step["with"]) <= set(inputs)
    for line in re.findall(r"\bvmapify (?:check|fix|verify|merge) .*", code):
        _, command, *words = shlex.split(line.replace("${{ matrix.part }}", "1"))
        assert all(word in _help(command) for word in words if word.startswith("--")), f"{name}: {line}"


def test_every_rule_reason_assumption_and_setting_has_its_page() -> None:
    for kind, pages in (("rules", RULES), ("reasons", REASONS), ("assumptions", ASSUMPTIONS)):
        for code, page in pages.items():
            assert page.text.strip() in MADE[f"{kind}/{code}.md"]
            assert page.url.endswith(f"/{kind}/{code}/")
            assert f"({code}.md)" in MADE[f"{kind}/index.md"]
    assert all(f"## `{key}`\n" in MADE["settings.md"] for key in KEYS)


def test_links_between_pages_lead_somewhere() -> None:
    pages = {**READ, **MADE}
    for name, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path = link.partition("#")[0]
            if path and "://" not in path and name != "README.md":
                there = os.path.normpath(Path(name).parent / path)
                assert there in pages, f"{name}: {link}"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for name in (*READ, *MADE):
        top = name.partition("/")[0] + "/index.md" if "/" in name else name
        assert top == "README.md" or f" {top}\n" in navigation, name


def test_commands_of_the_readme_are_all() -> None:
    assert isinstance(vmapify, Group)
    assert set(re.findall(r"^\| `vmapify (\w+)", READ["README.md"], re.MULTILINE)) == set(COMMANDS)
