"""``vmapify merge``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.output import deliver
from vmapify.config import ConfigError
from vmapify.report.merge import Unfit, merged, merged_exit_code


@click.command("merge", cls=Command, short_help="Join the JSON reports of several shards.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 with findings, too (trouble stays 2).")
def command(files: tuple[str, ...], output_file: str | None, exit_zero: bool) -> None:
    """Join the JSON reports that `check`, `fix` or `verify` made of parts of one repository (--shard K/N).

    The exit code is that of one run over everything. A part that is missing is an error.
    """
    document = merged({name: _read(name) for name in files})
    if isinstance(document, Unfit):
        raise ConfigError(document.why)
    deliver(json.dumps(document, indent=2, ensure_ascii=False) + "\n", output_file)
    code = merged_exit_code(document)
    sys.exit(0 if exit_zero and code == 1 else code)


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: is not UTF-8; make it with --output-format json") from None
