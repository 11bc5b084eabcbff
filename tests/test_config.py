"""The configuration file and its mistakes."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
from conftest import LOOP

from vmapify.config import KEYS, OUTPUT_FORMATS, ConfigError, Settings, load_settings
from vmapify.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def test_nearest_file_with_a_table_wins(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.vmapify]\nselect = ["VM101"]\n')
    inner = tmp_path / "pkg" / "sub"
    inner.mkdir(parents=True)
    (tmp_path / "pkg" / "pyproject.toml").write_text("[tool.other]\n")
    assert load_settings([str(inner)]).select == ("VM101",)
    assert load_settings([str(inner)]).root == str(tmp_path)
    (inner / "vmapify.toml").write_text('select = ["VM102"]\ntimeout = 5\n')
    settings = load_settings([str(inner / "a.py")])
    assert (settings.select, settings.timeout) == (("VM102",), 5)


def test_two_paths_share_the_configuration_of_their_common_parent(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "vmapify.toml").write_text('device = "gpu"\n')
    assert load_settings([str(tmp_path / "a"), str(tmp_path / "b")]).device is None


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "vmapify.toml").write_text("nonsense = 1\n")
    assert load_settings([str(tmp_path)], isolated=True).select == Settings().select


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slect = []", ["vmapify.toml:1: unknown key `slect`", "did you mean `select`?"]),
        ("memory_limit = 1", ["unknown key `memory_limit`", "did you mean `memory-limit`?"]),
        ("zzz = 1", ["unknown key `zzz`", "valid keys: select"]),
        ('select = "VM101"', ["`select` must be a list of strings", "'VM101'"]),
        ("timeout = -1", ["`timeout` must be a positive number"]),
        ("force-exclude = 1", ["`force-exclude` must be a boolean"]),
        ("device = 3", ["`device` must be a string"]),
        ("select = [", ["vmapify.toml: not valid TOML"]),
        ("device = 'x'\nselect = [1,,]", ["vmapify.toml:2: not valid TOML"]),
        ("device = 'x'\n\n# why\ntimeot = 3", ["vmapify.toml:4: unknown key", "`timeout`"]),
        ("[tool.vmapify]\nselect = []", ["vmapify.toml:1: drop the header [tool.vmapify]"]),
        ('output-format = "xml"', ["`output-format` must be one of text, concise"]),
        ("jobs = 0", ["`jobs` must be a positive whole number"]),
        ("jobs = 1.5", ["`jobs` must be a positive whole number"]),
        ('per-file-ignores = ["a"]', ["`per-file-ignores` must be a table of lists"]),
        ('[per-file-ignores]\n"a.py" = "VM1"', ["vmapify.toml:1: `per-file-ignores` must be"]),
    ],
)
def test_mistakes_name_the_file_the_key_and_the_cure(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "vmapify.toml"
    file.write_text(text + "\n")
    with pytest.raises(ConfigError) as caught:
        load_settings([str(tmp_path)])
    assert all(word in str(caught.value) for word in [str(file), *words])


def test_named_file_must_exist_and_hold_a_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings([], tmp_path / "none.toml")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(ConfigError, match=r"has no \[tool.vmapify\] table"):
        load_settings([], tmp_path / "pyproject.toml")


def test_a_line_of_a_pyproject_is_that_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nselct = 1\n\n[tool.vmapify] # ours\ndevice = "x"\nselct = 1\n')
    with pytest.raises(ConfigError, match=r"pyproject\.toml:6: unknown key `selct`"):
        load_settings([str(tmp_path)])


def test_every_key_is_a_setting() -> None:
    fields = set(Settings.__dataclass_fields__)
    plumbing = {"root", "start", "origins", "file", "overrides", "nested", "shard"}
    assert {key.replace("-", "_") for key in KEYS} == fields - plumbing


@pytest.mark.parametrize("key", KEYS)
def test_every_example_is_a_value_of_its_key(tmp_path: Path, key: str) -> None:
    (tmp_path / "vmapify.toml").write_text(f"{key} = {KEYS[key].example}\n")
    settings = load_settings([str(tmp_path)])
    assert getattr(settings, key.replace("-", "_")) != getattr(Settings(), key.replace("-", "_"))
    assert dict(settings.origins)[key] == f"{tmp_path / 'vmapify.toml'}:1"


def test_formats_are_those_that_are_rendered() -> None:
    assert tuple(FORMATS) == OUTPUT_FORMATS


@pytest.fixture
def nest(tmp_path: Path) -> Path:
    """A project with a settings file of its own in one folder."""
    for name in ("a.py", "pkg/b.py", "pkg/deep/c.py", "other/pkg/d.py"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(LOOP)
    (tmp_path / "pyproject.toml").write_text('[tool.vmapify]\nselect = ["VM1"]\n')
    (tmp_path / "pkg" / "vmapify.toml").write_text('ignore = ["VM101"]\n')
    return tmp_path


def _found(result: Result) -> list[str]:
    return [finding["path"] for finding in json.loads(result.stdout)["findings"]]


JSON = ("--output-format", "json")


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize("cache", [(), ("--no-cache",)])
@pytest.mark.parametrize(
    "paths",
    [(".",), (), ("a.py", "pkg/b.py", "pkg/deep/c.py", "other/pkg/d.py"), ("pkg", "a.py", "other"), ("pkg/deep", ".")],
)
def test_the_nearest_file_of_each_file_decides(
    run: Callable[..., Result], nest: Path, paths: tuple[str, ...], cache: tuple[str, ...]
) -> None:
    for _ in range(2):
        assert sorted(_found(run("check", *JSON, *cache, *paths))) == ["a.py", "other/pkg/d.py"]
    assert _found(run("check", *JSON, *cache, "pkg")) == []


@pytest.mark.usefixtures("fake_core")
def test_one_file_of_settings_or_none_governs_all(run: Callable[..., Result], nest: Path) -> None:
    assert len(_found(run("check", *JSON, "--isolated"))) == 4
    assert len(_found(run("check", *JSON, "--config", "pyproject.toml"))) == 4
    assert len(_found(run("check", *JSON, "--config", "ignore = []"))) == 4, "the command line goes before files"
    assert _found(run("check", *JSON, "--extend-ignore", "VM101")) == []


@pytest.mark.usefixtures("fake_core")
def test_a_folder_of_its_own_settings_excludes_for_itself(run: Callable[..., Result], nest: Path) -> None:
    (nest / "pkg" / "vmapify.toml").write_text('extend-exclude = ["deep", "b.py"]\n')
    assert _found(run("check", *JSON)) == ["a.py", "other/pkg/d.py"]
    assert _found(run("check", *JSON, "--force-exclude", "pkg/b.py", "a.py")) == ["a.py"]


@pytest.mark.usefixtures("fake_core")
def test_a_mistake_below_is_told(run: Callable[..., Result], nest: Path) -> None:
    (nest / "pkg" / "vmapify.toml").write_text('ignore = ["VM11"]\n')
    result = run("check")
    assert result.exit_code == 2
    assert "vmapify.toml:1: `ignore`: unknown rule `VM11`; did you mean `VM101`?" in result.stderr


@pytest.mark.usefixtures("fake_core")
@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("pkg/*", ["a.py", "other/pkg/d.py"]),
        ("deep", ["a.py", "other/pkg/d.py", "pkg/b.py"]),
        ("d.py", ["a.py", "pkg/b.py", "pkg/deep/c.py"]),
        ("!pkg", ["other/pkg/d.py", "pkg/b.py", "pkg/deep/c.py"]),
    ],
)
def test_per_file_ignores(run: Callable[..., Result], nest: Path, pattern: str, left: list[str]) -> None:
    (nest / "pkg" / "vmapify.toml").unlink()
    (nest / "pyproject.toml").write_text(f'[tool.vmapify.per-file-ignores]\n"{pattern}" = ["VM101"]\n')
    assert sorted(_found(run("check", *JSON))) == left


@pytest.mark.usefixtures("fake_core")
def test_settings_on_the_command_line(run: Callable[..., Result], nest: Path) -> None:
    assert run("check", "a.py", "--config", 'output-format = "concise"', "-q").stdout.startswith("a.py:7:5: VM101")
    assert run("check", "a.py", "--config", 'output-format="json"', "--output-format", "concise").stdout.startswith(
        "a.py"
    )
    mistake = run("check", "--config", "jbos=2")
    assert (mistake.exit_code, mistake.stderr) == (
        2,
        "vmapify: --config: unknown key `jbos` in [tool.vmapify]; did you mean `jobs`?\n",
    )
    assert "names two files" in run("check", "--config", "a.toml", "--config", "b.toml").stderr
    assert "leave one of them out" in run("check", "--config", "a.toml", "--isolated").stderr


def test_config_shows_every_value_and_where_it_comes_from(run: Callable[..., Result], nest: Path) -> None:
    shown = json.loads(run("config", "pkg/b.py", "--config", "jobs = 2", "--output-format", "json").stdout)
    assert set(shown) == set(KEYS)
    assert shown["ignore"] == {"value": ["VM101"], "from": f"{nest / 'pkg' / 'vmapify.toml'}:1"}
    assert shown["jobs"] == {"value": 2, "from": "--config"}
    assert shown["select"] == {"value": ["VM"], "from": "default"}
    text = run("config", ".").stdout
    assert f'select = ["VM1"]  # {nest / "pyproject.toml"}:2\n' in text
    assert {key.replace("_", "-") for key in tomllib.loads(text)} <= set(KEYS)
    assert run("config", "nowhere").exit_code == 2


@pytest.mark.usefixtures("fake_core")
def test_what_is_only_checked_gets_nothing_written_elsewhere(
    run: Callable[..., Result], nest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv("VMAPIFY_CACHE_DIR")
    outside = tmp_path_factory.mktemp("outside")
    (nest / "pyproject.toml").write_text(f'[tool.vmapify]\ncache-dir = "{outside}"\n')
    result = run("check")
    assert result.exit_code == 2
    assert "pyproject.toml:2: `cache-dir` must lie inside" in result.stderr
    assert run("check", "--cache-dir", str(outside)).exit_code == 1
    (nest / "pyproject.toml").write_text("[tool.vmapify]\n")
    inner = tmp_path_factory.mktemp("linked")
    (nest / ".vmapify_cache").symlink_to(inner)
    assert run("check").exit_code == 1
    assert list(inner.iterdir()) == []
