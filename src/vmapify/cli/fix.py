"""``vmapify fix``."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import (
    bundle_option,
    cache_from,
    finding_options,
    output_options,
    report_option,
    settings_from,
    style_from,
    verify_options,
    view_from,
)
from vmapify.cli.output import deliver, note, warn
from vmapify.cli.progress import FilesBar, Progress
from vmapify.pipeline.bundle import Shelf, keep_fix
from vmapify.pipeline.fix import fix
from vmapify.pipeline.may_be_written import Choice
from vmapify.pipeline.verifier import Ready, Workloads, given_inputs, judge_with, observe_with, try_settings
from vmapify.report import exit_code, render

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding
    from vmapify.pipeline.fix import Accept


@click.command("fix", cls=Command, short_help="Verify rewrites by running them; show or write those that hold.")
@finding_options
@click.option("--write", is_flag=True, help="Write the rewrites that hold; otherwise only show them.")
@click.option("--diff", is_flag=True, help="Only show the diff, which is what happens without --write.")
@click.option("--interactive", is_flag=True, help="Ask before writing each of them (implies --write).")
@click.option("--unsafe", is_flag=True, help="Also write rewrites that change precision or output.")
@click.option("--unverified", is_flag=True, help="Run nothing; write what is proven statically (safe).")
@click.option(
    "--min-speedup",
    type=click.FloatRange(min=0),
    metavar="RATIO",
    help="Leave a loop whose rewrite is less than this times as fast (0: never; not set: where your run gets slower by it).",
)
@click.option("--no-rerun", is_flag=True, help="Do not run the program once more with all rewrites in place.")
@verify_options
@bundle_option
@report_option
@output_options
def command(**options: Any) -> None:
    """Verify each rewrite by running loop and vmap in a child process; show or write those that hold."""
    paths: tuple[str, ...] = options["paths"] or (".",)
    if "-" in paths:
        raise click.UsageError("`fix` runs code, so it needs a file on disk; `vmapify check -` reads stdin")
    if options["diff"] and (options["write"] or options["interactive"]):
        raise click.UsageError("--diff shows what --write would write; leave one of them out")
    settings = settings_from(paths, options)
    given = given_inputs(options["inputs"], options["function"])
    if not options["unverified"]:
        try_settings(settings, given, paths)
    shelf = None if options["bundle"] is None else Shelf([], {})
    progress = Progress(quiet=options["quiet"])
    workloads = None if options["no_rerun"] or options["unverified"] else Workloads(settings, given, progress)
    tell = functools.partial(note, quiet=options["quiet"])
    with Ready(settings, given) as ready, FilesBar(quiet=options["quiet"]) as bar:
        report = fix(
            paths,
            settings,
            judge_with(settings, given, progress, shelf, ready, tell, workloads),
            Choice(
                unsafe=options["unsafe"],
                unverified=options["unverified"],
                min_speedup=settings.min_speedup,
                trusting=options["no_rerun"],
            ),
            write=options["write"] or options["interactive"],
            jobs=settings.jobs,
            blocked=options["show_blocked"],
            cache=cache_from(settings, options),
            accept=_asker(options["color"]) if options["interactive"] else None,
            begun=None if options["unverified"] else ready.begin,
            workloads=workloads,
            tick=bar,
            observe=None if options["unverified"] else observe_with(settings, given, progress),
        )
    if shelf is not None:
        keep_fix(options["bundle"], report, shelf, Path(settings.root))
    if not report.files and not report.problems:
        warn(f"no Python file found in {', '.join(paths)}", quiet=options["quiet"])
    if options["report"] is not None:
        from vmapify.report.as_html import fix_page  # noqa: PLC0415 - only what asks for it pays for it

        deliver(fix_page(report), options["report"])
    deliver(render(report, view_from(options, settings)), options["output_file"])
    sys.exit(exit_code(report, exit_zero=options["exit_zero"]))


def _asker(color: str) -> Accept:
    style = style_from(color)

    def accept(finding: Finding, diff: str) -> bool:
        click.echo(style.diff(diff), nl=False, color=True)
        verdict = f" ({finding.verification.verdict})" if finding.verification else ""
        return click.confirm(f"Write this rewrite{verdict}?", default=False)

    return accept
