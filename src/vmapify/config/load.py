"""Find and read the configuration file; every mistake in it is an error that names the cure."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS: Mapping[str, str] = {
    "select": "list of strings",
    "ignore": "list of strings",
    "extend-select": "list of strings",
    "exclude": "list of strings",
    "extend-exclude": "list of strings",
    "force-exclude": "boolean",
    "respect-gitignore": "boolean",
    "cache-dir": "string",
    "device": "string",
    "python": "string",
    "runner": "string",
    "run": "string",
    "timeout": "positive number",
    "memory-limit": "positive number",
    "allow-io": "boolean",
    "min-speedup": "number of at least 0",
}
"""The keys of ``[tool.vmapify]`` and what each must hold."""


class ConfigError(Exception):
    """The configuration cannot be used; the message is one line that names the file, the key and the cure."""


def load_settings(paths: Sequence[str], config: Path | None = None, *, isolated: bool = False) -> Settings:
    """Settings for a run over ``paths``: from ``config``, else from the nearest configuration file.

    The nearest file is looked for in the common parent of ``paths`` and upwards. Raises ConfigError.
    """
    start = common_parent(paths)
    if isolated:
        return Settings(root=str(Path.cwd()), start=str(start))
    if config is not None:
        return _settings(_table(config, must_exist=True) or {}, config, start)
    for directory in (start, *start.parents):
        for name in ("vmapify.toml", "pyproject.toml"):
            file = directory / name
            if file.is_file() and (table := _table(file, must_exist=False)) is not None:
                return _settings(table, file, start)
    return Settings(root=str(Path.cwd()), start=str(start))


def common_parent(paths: Sequence[str]) -> Path:
    """The deepest directory that holds all ``paths``; the working directory for none and for ``-``."""
    places = [Path(path).resolve() for path in paths if path != "-"] or [Path.cwd()]
    places = [place if place.is_dir() else place.parent for place in places]
    first = places[0]
    for candidate in (first, *first.parents):
        if all(place.is_relative_to(candidate) for place in places):
            return candidate
    return Path.cwd()


def _table(file: Path, *, must_exist: bool) -> Mapping[str, Any] | None:
    """The vmapify table of ``file``; None where a pyproject.toml has none."""
    import tomllib  # noqa: PLC0415 - only where there is a file

    try:
        with file.open("rb") as stream:
            content = tomllib.load(stream)
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}); pass the path of a TOML file"
        raise ConfigError(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    if file.name != "pyproject.toml":
        return content
    tool = content.get("tool", {})
    table = tool.get("vmapify") if isinstance(tool, dict) else None
    if table is None and must_exist:
        raise ConfigError(f"{file}: has no [tool.vmapify] table; add one, or use --isolated")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.vmapify must be a table: write [tool.vmapify]")
    return table


def _settings(table: Mapping[str, Any], file: Path, start: Path) -> Settings:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KINDS:
            raise ConfigError(f"{file}: unknown key `{key}` in [tool.vmapify]; {_nearest(key)}")
        if not _fits(value, KINDS[key]):
            raise ConfigError(f"{file}: `{key}` must be a {KINDS[key]}, not {value!r}")
        values[key.replace("-", "_")] = tuple(value) if isinstance(value, list) else value
    origins = tuple((key, f"`{key}` of {file}:") for key in table)
    return dataclasses.replace(Settings(root=str(file.resolve().parent), start=str(start), origins=origins), **values)


def _nearest(key: str) -> str:
    import difflib  # noqa: PLC0415 - only for a mistake

    close = difflib.get_close_matches(key.replace("_", "-"), KINDS, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"valid keys: {', '.join(KINDS)}"


def _fits(value: object, kind: str) -> bool:
    if kind == "list of strings":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in {"positive number", "number of at least 0"}:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (value > 0 or (value == 0 and kind != "positive number"))  # type: ignore[operator]
    return isinstance(value, str)
