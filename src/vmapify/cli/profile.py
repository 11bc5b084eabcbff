"""``vmapify profile``."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import color_option, config_options, report_option, run_options, settings_from, style_from
from vmapify.cli.output import deliver, note
from vmapify.cli.progress import Progress
from vmapify.pipeline.profile import Wanted, profile
from vmapify.pipeline.verifier import interpreter, try_settings
from vmapify.report.exit_code import TROUBLE
from vmapify.report.profile import profile_page, render_profile

OPTIONS = {"ignore_unknown_options": False, "allow_interspersed_args": False}


@click.command(
    "profile", cls=Command, short_help="Rank loops by the time a run of yours spends in them.", context_settings=OPTIONS
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option(
    "--top", type=click.IntRange(min=1), default=10, show_default=True, metavar="N", help="How many loops to show."
)
@click.option(
    "--path", "paths", multiple=True, type=click.Path(), help="Where to look for loops; default: here. Repeatable."
)
@click.option(
    "--no-judge", is_flag=True, help="Only take the time; do not run a second time to verify and measure rewrites."
)
@run_options
@report_option
@config_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@color_option
def command(command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND (a script, pytest, or a notebook) once, and list the loops in which it spends its time.

    Runs your code in a child process. The loops at the top are then judged in a second run, as `fix --run` does, which
    measures what a rewrite saves.

    Exit code 0: it ran. 2: it did not, or not to its end.
    """
    book = command[0] if len(command) == 1 and command[0].endswith(".ipynb") else None
    typed = shlex.join(command)
    paths: tuple[str, ...] = options["paths"] or ((book,) if book is not None else (".",))
    settings = settings_from(paths, options | ({} if book is not None else {"run": typed}))
    try_settings(settings, None, paths)
    note(f"runs code with {interpreter(settings, None)}", quiet=options["quiet"])
    wanted = Wanted(typed, options["top"], judged=not options["no_judge"], notebook=book)
    report = profile(paths, settings, wanted, Progress(quiet=options["quiet"]))
    style = style_from(options["color"], to_file=options["output_file"] is not None)
    if options["report"] is not None:
        deliver(profile_page(report), options["report"])
    as_json = options["output_format"] == "json"
    deliver(render_profile(report, as_json=as_json, style=style), options["output_file"])
    sys.exit(TROUBLE if report.trouble or report.problems else 0)
