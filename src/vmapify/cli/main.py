"""The command group; each command is a module, imported when it is called."""

from __future__ import annotations

import gc
import importlib
import signal
import sys

import click

from vmapify import __version__
from vmapify.config import ConfigError
from vmapify.report.exit_code import TROUBLE

RARELY = 300_000
"""Objects between two collections: those of a file are needed as long as it is analysed, and dropped behind it."""
TERMINATED = 128 + signal.SIGTERM
COMMANDS = ("check", "fix", "verify", "bench", "profile", "rule", "merge", "config", "server", "completion")


class _LazyGroup(click.Group):
    """Imports the module of a command only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"vmapify.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words begin with; a tip for one that is not there."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from vmapify.cli.mistakes import no_such_command  # noqa: PLC0415 - only for a mistake

            no_such_command(args[0], COMMANDS, ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Run the command; a wrong setting is one line on stderr and exit code 2."""
        try:
            super().invoke(ctx)
        except ConfigError as error:
            click.echo(f"vmapify: {error}", err=True)
            ctx.exit(TROUBLE)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vmapify", message="%(prog)s %(version)s")
def vmapify() -> None:
    """Find Python loops that should be jax.vmap, rewrite them, and prove the rewrite by running both."""


def main() -> None:
    """Run the command line and exit. Usage errors exit 2; a reader that goes away is no error worth words."""
    gc.set_threshold(RARELY, 5, 5)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # what has started processes ends them
    vmapify(prog_name="vmapify")
