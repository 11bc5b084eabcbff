"""``vmapify bench``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmapify.cli.mistakes import Command
from vmapify.cli.options import color_option, config_options, settings_from, style_from, verify_options
from vmapify.cli.output import deliver, note
from vmapify.cli.progress import Progress
from vmapify.config import ConfigError
from vmapify.pipeline.bench import bench_exit_code, bench_sites, bench_versions
from vmapify.pipeline.verifier import given_inputs, interpreter, try_settings
from vmapify.report.bench import render_bench

if TYPE_CHECKING:
    from vmapify.report.bench import BenchReport

SIZES = "1,10,100,1000,10000"


@click.command("bench", cls=Command, short_help="Time loop and rewrite of what running both confirms.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]... | BEFORE AFTER")
@click.option("--sizes", default=SIZES, show_default=True, metavar="N,...", help="Batch sizes to measure.")
@click.option("--pair", is_flag=True, help="PATHS are two versions of one file: BEFORE AFTER.")
@click.option("--report", type=click.Path(dir_okay=False), metavar="FILE", help="Plot into FILE (.html or .svg).")
@verify_options
@config_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@color_option
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Time loop against rewrite: the first call and the steady state, eagerly and inside jit, over batch sizes.

    Runs your code, as `fix` does: only what agrees is measured. Rows are those of the inputs, repeated or left out.
    Two files that both hold the --function (or with --pair) are two versions, BEFORE AFTER, as for `verify`.

    Exit code 0: they agree. 1: they differ. 3: it could not be decided.
    """
    report = _measured(paths or (".",), options)
    style = style_from(options["color"], to_file=options["output_file"] is not None)
    as_json = options["output_format"] == "json"
    deliver(render_bench(report, as_json=as_json, style=style), options["output_file"])
    if options["report"] is not None:
        from vmapify.report.chart import render_chart  # noqa: PLC0415 - few ask for it

        deliver(render_chart(report, html=not options["report"].endswith(".svg")), options["report"])
    sys.exit(bench_exit_code(report))


def _measured(paths: tuple[str, ...], options: dict[str, Any]) -> BenchReport:
    settings = settings_from(paths, options)
    given = given_inputs(options["inputs"], options["function"])
    progress = Progress(quiet=options["quiet"])
    sizes = _sizes(options["sizes"])
    if options["pair"] and len(paths) != 2:
        raise click.UsageError("--pair needs two files, BEFORE and AFTER")
    try_settings(settings, given, paths)
    note(f"runs code with {interpreter(settings, given)}", quiet=options["quiet"])
    if options["pair"] or _versions(paths, options["function"]):
        return bench_versions(paths[0], paths[1], settings, given, sizes, progress)
    return bench_sites(paths, settings, given, sizes, progress)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ConfigError(f"--sizes must be numbers of rows such as {SIZES}, not {text!r}")
    return sizes


def _versions(paths: tuple[str, ...], function: str | None) -> bool:
    """Whether these are two files that both hold the function."""
    if function is None or len(paths) != 2:
        return False
    return all(_holds(Path(path), function.rpartition(".")[2]) for path in paths)


def _holds(path: Path, name: str) -> bool:
    try:
        nodes = ast.walk(ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in nodes)
