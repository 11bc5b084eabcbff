"""Find and read configuration files; every mistake in one is an error that names file, line and cure."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.config.keys import KEYS, OUTPUT_FORMATS, STRINGS, TABLE
from vmapify.config.position import line_of
from vmapify.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FILES = ("vmapify.toml", "pyproject.toml")
"""Where settings stand, in the order in which they are looked for in a folder."""
IN_PYPROJECT = "tool.vmapify"
GIVEN = "--config"
"""Where settings stand that the command line spells as TOML."""


class ConfigError(Exception):
    """The configuration cannot be used; the message is one line that names the file, the key and the cure."""


def load_settings(
    paths: Sequence[str],
    config: Path | None = None,
    *,
    isolated: bool = False,
    inline: Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings for a run over ``paths``: from ``config``, else from the nearest configuration file.

    The nearest file is looked for in the common parent of ``paths`` and upwards. What files below it say is found by
    `nearest` and `inside`. ``inline`` are lines of TOML that go before files, ``overrides`` fields that go before both.
    Raises ConfigError.
    """
    start = common_parent(paths)
    given, origins = _inline(inline)
    above = tuple({**given, **(overrides or {})}.items())
    plain = Settings(
        root=str(Path.cwd()),
        start=str(start),
        overrides=above,
        nested=config is None and not isolated,
        origins=tuple((key, place) for key, place in origins if key.replace("-", "_") not in (overrides or {})),
    )
    if config is not None:
        return _settings(_table(config, must_exist=True) or _Table({}, ""), config, plain)
    found = None if isolated else nearest(str(start), plain)
    return found if found is not None else dataclasses.replace(plain, **dict(above))


def nearest(folder: str, run: Settings, known: Mapping[str, Settings] | None = None) -> Settings | None:
    """The settings of the nearest file in ``folder`` (absolute) or above it; None where there is none.

    ``known`` are those of folders that have been looked at. Raises ConfigError.
    """
    place = Path(folder)
    for directory in (place, *place.parents):
        if known is not None and (found := known.get(str(directory))) is not None:
            return found
        if (found := inside(str(directory), FILES, run)) is not None:
            return found
    return None


def inside(folder: str, names: Collection[str], run: Settings) -> Settings | None:
    """The settings that the file in ``folder`` gives, if it is among ``names`` and has any. Raises ConfigError."""
    for name in FILES:
        file = Path(folder, name)
        if name in names and file.is_file() and (table := _table(file, must_exist=False)) is not None:
            return _settings(table, file, run)
    return None


def common_parent(paths: Sequence[str]) -> Path:
    """The deepest directory that holds all ``paths``; the working directory for none and for ``-``."""
    places = [Path(os.path.realpath(path)) for path in paths if path != "-"] or [Path.cwd()]
    places = [place if place.is_dir() else place.parent for place in places]
    first = places[0]
    for candidate in (first, *first.parents):
        if all(place.is_relative_to(candidate) for place in places):
            return candidate
    return Path.cwd()


@dataclasses.dataclass(frozen=True, slots=True)
class _Table:
    """The settings of a file, its text, and the table of it that holds them."""

    values: Mapping[str, Any]
    text: str
    header: str = ""

    def place(self, file: Path | str, key: str) -> str:
        """``file:line`` of a key."""
        line = line_of(self.text, key, self.header)
        return str(file) if line is None else f"{file}:{line}"


def _table(file: Path, *, must_exist: bool) -> _Table | None:
    """The vmapify table of ``file``; None where a pyproject.toml has none."""
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}); pass the path of a TOML file"
        raise ConfigError(message) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    if file.name == "pyproject.toml" and not must_exist and "vmapify" not in text:
        return None
    content = _parsed(file, text)
    if file.name != "pyproject.toml":
        pasted = content.get("tool")
        if isinstance(pasted, dict) and "vmapify" in pasted:
            line = line_of(text, "vmapify", "tool") or 1
            raise ConfigError(
                f"{file}:{line}: drop the header [{IN_PYPROJECT}]; in {file.name} the keys stand by themselves"
            )
        return _Table(content, text)
    tool = content.get("tool", {})
    table = tool.get("vmapify") if isinstance(tool, dict) else None
    if table is None and must_exist:
        raise ConfigError(f"{file}: has no [{IN_PYPROJECT}] table; add one, or use --isolated")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: {IN_PYPROJECT} must be a table: write [{IN_PYPROJECT}]")
    return None if table is None else _Table(table, text, IN_PYPROJECT)


def _parsed(file: Path | str, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where there is a file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        what, found, where = words.rpartition(" (at line ")
        line = where.partition(",")[0]
        place = f"{file}:{line}" if found and line.isdigit() else str(file)
        raise ConfigError(f"{place}: not valid TOML: {what if found else words}") from None


def _settings(table: _Table, file: Path, run: Settings) -> Settings:
    values: dict[str, Any] = {}
    for key, value in table.values.items():
        values[key.replace("-", "_")] = _checked(key, value, table.place(file, key))
    above = dict(run.overrides)
    origins = [(key, table.place(file, key)) for key in table.values if key.replace("-", "_") not in above]
    return dataclasses.replace(
        run,
        **(values | above),
        root=str(Path(os.path.realpath(file)).parent),
        file=os.path.realpath(file),
        origins=(*origins, *(one for one in run.origins if one[1] == GIVEN)),
    )


def _inline(lines: Sequence[str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Fields and origins of settings that are spelled on the command line."""
    values: dict[str, Any] = {}
    for line in lines:
        for key, value in _parsed(f"{GIVEN} {line}", line).items():
            values[key] = _checked(key, value, GIVEN)
    return {key.replace("-", "_"): value for key, value in values.items()}, [(key, GIVEN) for key in values]


def _checked(key: str, value: object, place: str) -> object:
    """The value as settings hold it. Raises ConfigError, at ``place``, for one that they cannot."""
    if key not in KEYS:
        raise ConfigError(f"{place}: unknown key `{key}` in [{IN_PYPROJECT}]; {_nearest(key)}")
    kind = KEYS[key].kind
    if not _fits(value, kind):
        article = "" if kind.startswith("one of") else "a "
        raise ConfigError(f"{place}: `{key}` must be {article}{kind}, not {value!r}")
    return _frozen(value)


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return tuple((name, _frozen(item)) for name, item in value.items())
    return tuple(value) if isinstance(value, list) else value


def _nearest(key: str) -> str:
    import difflib  # noqa: PLC0415 - only for a mistake

    close = difflib.get_close_matches(key.replace("_", "-"), KEYS, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"valid keys: {', '.join(KEYS)}"


def _fits(value: object, kind: str) -> bool:
    if kind == STRINGS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == TABLE:
        return isinstance(value, dict) and all(_fits(item, STRINGS) for item in value.values())
    if kind == "boolean":
        return isinstance(value, bool)
    if kind.endswith("number") or kind == "number of at least 0":
        return _is_number(value, kind)
    return isinstance(value, str) and (not kind.startswith("one of") or value in OUTPUT_FORMATS)


def _is_number(value: object, kind: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if "whole" in kind else int | float):
        return False
    return value > 0 or (value == 0 and not kind.startswith("positive"))
