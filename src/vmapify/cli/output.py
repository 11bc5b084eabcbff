"""Where a report goes."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vmapify.config import ConfigError
from vmapify.report.visible import visible
from vmapify.source.write import replace_text


def deliver(text: str, output_file: str | None) -> None:
    """Write ``text`` to the file, whole or not at all, or to standard output. Raises ConfigError if it cannot be written."""
    if output_file is None:
        click.echo(text, nl=False, color=True)
        sys.stdout.flush()
        return
    try:
        replace_text(Path(output_file), text)
    except OSError as error:
        cure = "name another --output-file"
        raise ConfigError(f"{output_file}: cannot be written ({error.strerror}); {cure}") from None


def note(message: str, *, quiet: bool) -> None:
    """One line on standard error that is no warning."""
    if not quiet:
        click.echo(f"vmapify: {visible(message)}", err=True)


def warn(message: str, *, quiet: bool) -> None:
    """One line on standard error."""
    if not quiet:
        click.echo(f"vmapify: warning: {visible(message)}", err=True)
