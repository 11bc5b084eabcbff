"""The options that several commands share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmapify.cli.completion import codes
from vmapify.config import OUTPUT_FORMATS, ConfigError, load_settings
from vmapify.report import View
from vmapify.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.config import Settings


_CONFIG = (
    click.option(
        "--config",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="A file of settings, or one setting in TOML; repeatable.",
    ),
    click.option("--isolated", is_flag=True, help="Read no configuration file."),
)
_POSITIVE = click.FloatRange(min=0, min_open=True)


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """``K/N`` as a pair of numbers. Raises BadParameter unless 1 <= K <= N."""
    if value is None:
        return None
    first, _, second = value.partition("/")
    if not (first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second)):
        raise click.BadParameter(f"{value!r} is not K/N with 1 <= K <= N, such as 2/8", ctx, param)
    return int(first), int(second)


shard_option = click.option(
    "--shard", callback=_shard, metavar="K/N", help="Only the Kth of N parts; `vmapify merge` joins their JSON."
)


def _codes(name: str, text: str) -> Callable[..., Any]:
    return click.option(name, metavar="CODES", shell_complete=codes, help=text)


def finding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What to look at and what to look for."""
    return _all(
        command,
        click.argument("paths", nargs=-1, type=click.Path()),
        _codes("--select", "Report only these rules (codes, prefixes or names)."),
        _codes("--ignore", "Do not report these rules."),
        _codes("--extend-select", "Report these rules as well."),
        _codes("--extend-ignore", "Do not report these rules either."),
        click.option("--exclude", metavar="PATTERNS", help="Skip these instead of the default exclusions."),
        click.option("--extend-exclude", metavar="PATTERNS", help="Skip these as well."),
        click.option("--force-exclude", is_flag=True, help="Apply exclusions to files that are named, too."),
        *_CONFIG,
        click.option("--no-cache", is_flag=True, help="Keep nothing from run to run, and use nothing that was kept."),
        click.option(
            "--cache-dir",
            metavar="PATH",
            envvar="VMAPIFY_CACHE_DIR",
            help="Where findings are kept from run to run; default: .vmapify_cache.",
        ),
        shard_option,
        click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes to analyse files with."),
    )


inputs_option = click.option(
    "--inputs",
    metavar="FILE.py[:NAME]",
    help="NAME() (default: inputs) yields argument tuples for --function.",
)
function_option = click.option("--function", metavar="NAME", help="The function that --inputs is for.")


def verify_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How code is run, and on which inputs."""
    return _all(
        run_options(command),
        click.option("--run", metavar="COMMAND", help="A workload to record inputs from (pytest, a script)."),
        inputs_option,
        function_option,
    )


report_option = click.option(
    "--report", metavar="FILE.html", type=click.Path(dir_okay=False), help="Write a page with texts and evidence."
)
bundle_option = click.option(
    "--bundle", metavar="FILE", type=click.Path(dir_okay=False), help="Keep sources, inputs and verdicts in this file."
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where code is run, and its limits."""
    return _all(
        command,
        click.option("--device", metavar="NAME", help="cpu, gpu, tpu or a JAX device such as cuda:1."),
        click.option("--python", metavar="PATH", help="The interpreter that can import the code and jax."),
        click.option("--runner", metavar="COMMAND", help="What starts the interpreter elsewhere, such as 'ssh host'."),
        click.option("--timeout", type=_POSITIVE, metavar="SECONDS", help="Time a site may take."),
        click.option("--memory-limit", type=_POSITIVE, metavar="GB", help="Memory a child process may use."),
        click.option("--allow-io", is_flag=True, help="Let judged code write files, start processes, open sockets."),
    )


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How to say it."""
    return _all(
        command,
        click.option("--output-format", type=click.Choice(OUTPUT_FORMATS), help="How to report; default: text."),
        click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to a file."),
        click.option("--show-blocked", is_flag=True, help="Also list the loops that must stay, and why."),
        click.option(
            "--show-open", is_flag=True, help="Also list the loops that only a run can judge, with the questions."
        ),
        click.option("--show-suppressed", is_flag=True, help="Also list what a comment suppresses."),
        click.option(
            "--statistics", is_flag=True, help="Only count what is found, by rule or reason (as text or json)."
        ),
        click.option("--exit-zero", is_flag=True, help="Exit 0 with findings, too (trouble stays 2)."),
        click.option("-q", "--quiet", is_flag=True, help="No summary and no warnings."),
        color_option,
    )


def color_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """When to colour."""
    choice = click.Choice(["auto", "always", "never"])
    return click.option("--color", type=choice, default="auto", show_default=True)(command)


def _all(command: Callable[..., Any], *decorators: Callable[..., Any]) -> Callable[..., Any]:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def settings_from(paths: Sequence[str], options: dict[str, Any]) -> Settings:
    """The configuration file's settings with the command line's on top. Raises ConfigError."""
    lists = ("select", "ignore", "extend_select", "extend_ignore", "exclude", "extend_exclude")
    given: dict[str, Any] = {name: _split(options[name]) for name in lists if options.get(name) is not None}
    plain = ("device", "python", "runner", "run", "timeout", "memory_limit", "min_speedup", "jobs")
    given |= {name: options[name] for name in plain if options.get(name) is not None}
    if options.get("output_format") in OUTPUT_FORMATS:
        given["output_format"] = options["output_format"]
    if options.get("shard") is not None:
        given["shard"] = options["shard"]
    given |= {name: True for name in ("force_exclude", "allow_io") if options.get(name)}
    files = [one for one in options["config"] if not _is_inline(one)]
    if len(files) > 1:
        raise ConfigError(f"--config names two files, {files[0]} and {files[1]}; name one")
    if files and options["isolated"]:
        raise ConfigError(f"--isolated reads no file, and --config {files[0]} names one; leave one of them out")
    return load_settings(
        paths,
        Path(files[0]) if files else None,
        isolated=options["isolated"],
        inline=[one for one in options["config"] if _is_inline(one)],
        overrides=given,
    )


def _is_inline(text: str) -> bool:
    """Whether it is a setting, and not the name of a file."""
    return "=" in text and not os.path.exists(text)  # noqa: PTH110


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def cache_from(settings: Settings, options: dict[str, Any]) -> str | None:
    """The directory where findings are kept from run to run, if they are.

    Raises ConfigError where a configuration file names one outside of its own folder: what is only checked gets nothing written
    elsewhere.
    """
    if options["no_cache"]:
        return None
    from vmapify.pipeline.cache.store import NAME  # noqa: PLC0415

    if options["cache_dir"]:
        return os.path.abspath(str(options["cache_dir"]))  # noqa: PTH100
    root = os.path.realpath(settings.root)
    configured = os.path.join(root, settings.cache_dir or NAME)  # noqa: PTH118 - Path takes longer to load
    if os.path.realpath(configured).startswith(root.rstrip(os.sep) + os.sep):
        return configured
    if settings.cache_dir is None:
        return None  # a link that leads out of what is only looked at
    place = dict(settings.origins).get("cache-dir", "")
    cure = "name such a folder, or pass --cache-dir or set VMAPIFY_CACHE_DIR yourself"
    raise ConfigError(f"{place}: `cache-dir` must lie inside {root}; {cure}")


def view_from(options: dict[str, Any], settings: Settings) -> View:
    """How the command line and the settings want the report. Raises ConfigError for what does not go together."""
    if options["statistics"] and settings.output_format not in {"text", "concise", "json"}:
        cure = f"choose one of them with --output-format, not {settings.output_format}"
        raise ConfigError(f"--statistics counts as text or json; {cure}")
    return View(
        format=settings.output_format,
        show_blocked=options["show_blocked"],
        show_open=options["show_open"],
        show_suppressed=options["show_suppressed"],
        statistics=options["statistics"],
        quiet=options["quiet"],
        style=style_from(options["color"], to_file=options["output_file"] is not None),
    )


def style_from(color: str, *, to_file: bool = False) -> Style:
    """Colour on a terminal that has any, unless asked for.

    Where it is automatic, NO_COLOR turns it off; FORCE_COLOR turns it on, whatever standard output is (each if not empty).
    """
    if color != "auto" or to_file:
        return Style(color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(False)
    return Style(bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb"))


def config_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where the settings come from."""
    return _all(command, *_CONFIG)
