"""``vmapify verify``."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import (
    bundle_option,
    color_option,
    config_options,
    function_option,
    inputs_option,
    report_option,
    run_options,
    settings_from,
    shard_option,
    style_from,
)
from vmapify.cli.output import deliver, note
from vmapify.cli.progress import Progress
from vmapify.pipeline.bundle import replay
from vmapify.pipeline.verifier import Given, given_file, interpreter, try_settings
from vmapify.pipeline.verify import since, verify
from vmapify.report import verify_exit_code
from vmapify.report.verification import render_verify


@click.command("verify", cls=Command, short_help="Judge two versions of a file.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="BEFORE AFTER | BUNDLE")
@click.option("--base", metavar="REV", help="Judge what changed since this git revision, in the PATHS given or all.")
@shard_option
@inputs_option
@function_option
@run_options
@bundle_option
@report_option
@config_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@color_option
def command(paths: tuple[str, ...], base: str | None, **options: Any) -> None:
    """Run two versions of a file, or the function that --inputs is for, and judge whether they agree.

    Without --inputs both files are run: the functions that differ are judged on the calls that this makes, statements
    outside of functions by the values at the end. A BUNDLE (made with --bundle) is judged again here.

    Exit code 0: they agree. 1: they differ. 3: it could not be decided.
    """
    settings = settings_from(paths[-1:], options)
    progress = Progress(quiet=options["quiet"])
    given = _given(options)
    if options["bundle"] is not None and len(paths) != 2:
        raise click.UsageError("--bundle keeps what was judged of two files: BEFORE AFTER")
    if settings.shard != (1, 1) and base is None:
        raise click.UsageError("--shard is for the files of --base REV")
    try_settings(dataclasses.replace(settings, run=None), given, paths)
    if len(paths) == 1 and base is None and not paths[0].endswith((".py", ".ipynb")):
        report = replay(paths[0], settings, progress)
    elif base is not None:
        report = since(base, paths, settings, progress)
    elif len(paths) == 2:
        report = verify(paths[0], paths[1], settings, given, progress, options["bundle"])
    else:
        raise click.UsageError("name two files, BEFORE and AFTER, a bundle, or a revision: --base REV [PATHS]")
    if report.results:
        note(f"ran code with {interpreter(settings, given)}", quiet=options["quiet"])
    style = style_from(options["color"], to_file=options["output_file"] is not None)
    as_json = options["output_format"] == "json"
    if options["report"] is not None:
        from vmapify.report.as_html import verify_page  # noqa: PLC0415 - only what asks for it pays for it

        deliver(verify_page(report), options["report"])
    deliver(render_verify(report, as_json=as_json, style=style), options["output_file"])
    sys.exit(verify_exit_code(report))


def _given(options: dict[str, Any]) -> Given | None:
    if options["inputs"] is None and options["function"] is not None:
        raise click.UsageError(f"say what to run {options['function']} on: --inputs FILE.py[:NAME]")
    return None if options["inputs"] is None else given_file(options["inputs"], options["function"] or "")
