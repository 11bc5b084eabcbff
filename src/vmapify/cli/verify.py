"""``vmapify verify``."""

from __future__ import annotations

import sys
from typing import Any

import click

from vmapify.cli.options import (
    color_option,
    config_options,
    function_option,
    inputs_option,
    run_options,
    settings_from,
    style_from,
)
from vmapify.cli.output import deliver
from vmapify.cli.progress import Progress
from vmapify.pipeline.judging import given_file
from vmapify.pipeline.verify import verify
from vmapify.report import verify_exit_code
from vmapify.report.verification import render_verify


@click.command("verify", short_help="Judge two versions of a file on given inputs.")
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@inputs_option
@function_option
@run_options
@config_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@color_option
def command(before: str, after: str, **options: Any) -> None:
    """Run a function of BEFORE and of AFTER on the same inputs and judge whether they agree.

    Exit code 0: they agree. 1: they differ. 3: it could not be decided.
    """
    if options["inputs"] is None:
        raise click.UsageError("say what to run on: --inputs FILE.py[:NAME] --function NAME")
    settings = settings_from((after,), options)
    given = given_file(options["inputs"], options["function"] or "")
    report = verify(before, after, settings, given, Progress(quiet=options["quiet"]))
    style = style_from(options["color"], to_file=options["output_file"] is not None)
    as_json = options["output_format"] == "json"
    deliver(render_verify(report, as_json=as_json, style=style), options["output_file"])
    sys.exit(verify_exit_code(report))
