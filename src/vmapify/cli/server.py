"""``vmapify server``."""

from __future__ import annotations

import os
import sys

import click

from vmapify.cli.mistakes import Command
from vmapify.config import ConfigError


@click.command("server", cls=Command, short_help="Show findings in an editor: the language server.")
@click.option("--stdio", is_flag=True, help="Talk over standard input and output, as it does anyway.")
def command(stdio: bool) -> None:  # noqa: ARG001 - many editors pass it
    """Show what is found in an editor while you type: a server of the Language Server Protocol.

    Editors start it; it never runs the code it reads unless you ask it to verify a rewrite, and never imports jax.
    """
    try:
        from vmapify.server.serve import serve  # noqa: PLC0415 - only the server needs pygls
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise ConfigError("the language server needs pygls 2; run `pip install 'vmapify[server]'`") from None
    code = serve()
    sys.stderr.flush()
    os._exit(code)  # a thread may still wait for input that never comes
