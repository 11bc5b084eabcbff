"""``vmapify check``."""

from __future__ import annotations

import sys
from typing import Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import cache_from, finding_options, output_options, settings_from, view_from
from vmapify.cli.output import deliver, warn
from vmapify.cli.progress import FilesBar
from vmapify.pipeline.check import StandardInput, check
from vmapify.source.discover import find_files


class _Check(Command):
    """Takes ``--add-ignore`` alone, too: the word after it is a path, never the reason."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--add-ignore=" if arg == "--add-ignore" else arg for arg in args])


@click.command("check", cls=_Check, short_help="Report loops that can be jax.vmap; runs nothing.")
@finding_options
@click.option("--stdin-filename", default="-", help="The name to report standard input (`-`) under.")
@click.option("--add-ignore", metavar="[=REASON]", help="Silence what is found now with a comment on each loop.")
@click.option("--show-files", is_flag=True, help="List the files that would be looked at, and do nothing else.")
@output_options
def command(**options: Any) -> None:
    """Report the loops that can be jax.vmap. Static: reads files, runs nothing, never imports jax."""
    paths: tuple[str, ...] = options["paths"] or (".",)
    named = options["stdin_filename"]
    settings = settings_from(tuple(named if path == "-" else path for path in paths), options)
    stdin = StandardInput(sys.stdin.buffer.read(), options["stdin_filename"]) if "-" in paths else None
    if options["show_files"]:
        deliver("".join(f"{path}\n" for path in sorted(find_files(paths, settings).files)), options["output_file"])
        sys.exit(0)
    with FilesBar(quiet=options["quiet"]) as bar:
        told = check(
            paths,
            settings,
            view_from(options, settings),
            jobs=settings.jobs,
            stdin=stdin,
            cache=cache_from(settings, options),
            exit_zero=options["exit_zero"],
            silence=options["add_ignore"],
            tick=bar,
        )
    if not told.about:
        warn(f"no Python file found in {', '.join(paths)}", quiet=options["quiet"])
    deliver(told.text, options["output_file"])
    sys.exit(told.code)
