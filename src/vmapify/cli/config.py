"""``vmapify config``."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import config_options, settings_from
from vmapify.config import KEYS, ConfigError, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command("config", cls=Command, short_help="Show every setting for a file, and where it comes from.")
@click.argument("path", default=".", type=click.Path())
@config_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(path: str, **options: Any) -> None:
    """Show every setting that holds for PATH, and where it comes from: a line of a file, the command line, or the default."""
    if not Path(path).exists():
        raise ConfigError(f"{path}: no such file or directory; check the path")
    settings = settings_from((path,), options | {"output_format": None})
    rows = list(_rows(settings))
    if options["output_format"] == "json":
        click.echo(json.dumps({name: {"value": value, "from": place} for name, value, place in rows}, indent=2))
    else:
        click.echo(_text(settings, rows), nl=False)
    sys.exit(0)


def _rows(settings: Settings) -> Iterator[tuple[str, Any, str]]:
    """Key, value and origin of every setting."""
    places = dict(settings.origins)
    for field in fields(settings):
        key = field.name.replace("_", "-")
        if key in KEYS:
            yield (
                key,
                _plain(getattr(settings, field.name), table=key == "per-file-ignores"),
                places.get(key, "default"),
            )


def _plain(value: object, *, table: bool) -> object:
    if table and isinstance(value, tuple):
        return {name: list(codes) for name, codes in value}
    return list(value) if isinstance(value, tuple) else value


def _text(settings: Settings, rows: list[tuple[str, Any, str]]) -> str:
    """The settings as TOML; those that have no value as comments."""
    head = f"# {settings.file}\n" if settings.file else "# no configuration file\n"
    lines = [
        (f"{name} = {_toml(value)}" if value is not None else f"# {name} is not set", place)
        for name, value, place in rows
    ]
    return head + "".join(f"{line}  # {place}\n" for line, place in lines)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(name)} = {_toml(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return json.dumps(value, ensure_ascii=False)
