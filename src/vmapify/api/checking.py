"""``vmapify.check``: the findings of one text or file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import load_settings
from vmapify.pipeline.check import StandardInput
from vmapify.pipeline.report_findings import report_on
from vmapify.source import Discovery
from vmapify.syntax.module import tree_of

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding

TEXT = "<text>"


def check(source: str | os.PathLike[str], *, blocked: bool = False, isolated: bool = False) -> list[Finding]:
    """The loops in a Python text or file that can be ``jax.vmap``; runs nothing and never imports JAX.

    Args:
        source: a path, or a text; a ``str`` is a text if it has a line break.
        blocked: loops that must stay are listed, too, with the reasons, and those that only a run can judge, with the questions.
        isolated: read no configuration file. Otherwise the one nearest to the file decides (for a text, to the working
            directory).

    Returns:
        The findings that no comment suppresses, in the order of their places.

    Raises:
        SyntaxError: the text is not Python, or not UTF-8.
        OSError: the file cannot be read.
        ValueError: it is not a notebook, or could not be analysed.
        ConfigError: a configuration file has a mistake.
    """
    name, data = _read(source)
    settings = load_settings((name,) if name != TEXT else (), isolated=isolated)
    report = report_on(Discovery(("-",), ()), settings, None, jobs=1, blocked=blocked, stdin=StandardInput(data, name))
    for problem in report.problems:
        if not name.endswith(".ipynb"):
            tree_of(name, data)  # the exception that Python itself has for it, if it is one of syntax
        raise ValueError(f"{problem.path}: {problem.message}")
    shown = (one for one in report.findings if blocked or not one.asks_for_nothing)
    return [finding for finding in shown if not finding.suppressed]


def _read(source: str | os.PathLike[str]) -> tuple[str, bytes]:
    if isinstance(source, str) and "\n" in source:
        return TEXT, source.encode("utf-8", "surrogatepass")
    return os.fspath(source), Path(source).read_bytes()
