"""The configuration file and its mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vmapify.config import ConfigError, Settings, load_settings
from vmapify.config.load import KINDS

if TYPE_CHECKING:
    from pathlib import Path


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
        ("slect = []", ["unknown key `slect`", "did you mean `select`?"]),
        ("memory_limit = 1", ["unknown key `memory_limit`", "did you mean `memory-limit`?"]),
        ("zzz = 1", ["unknown key `zzz`", "valid keys: select"]),
        ('select = "VM101"', ["`select` must be a list of strings", "'VM101'"]),
        ("timeout = -1", ["`timeout` must be a positive number"]),
        ("force-exclude = 1", ["`force-exclude` must be a boolean"]),
        ("device = 3", ["`device` must be a string"]),
        ("select = [", ["not valid TOML"]),
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


def test_every_key_is_a_setting() -> None:
    fields = set(Settings.__dataclass_fields__)
    assert {key.replace("-", "_") for key in KINDS} == fields - {"root", "start", "origins"}
