"""Choose the renderer. Each format is a module of its own, imported when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.report.style import PLAIN, Style
from vmapify.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmapify.diagnostic import Finding
    from vmapify.report.model import Report

FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("as_text", "render_text"),
    "concise": ("as_text", "render_concise"),
    "json": ("as_json", "render_json"),
    "json-lines": ("as_json", "render_json_lines"),
    "github": ("as_github", "render_github"),
    "gitlab": ("as_gitlab", "render_gitlab"),
    "sarif": ("as_sarif", "render_sarif"),
    "junit": ("as_junit", "render_junit"),
}
"""Format to module and function."""
SHOWN = {"text", "concise", "github"}
"""Formats that a terminal, or a log, shows as they are."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a report the reader wants to see, and how."""

    format: str = "text"
    show_blocked: bool = False
    show_open: bool = False
    show_suppressed: bool = False
    statistics: bool = False
    quiet: bool = False
    style: Style = PLAIN

    def shown(self, report: Report) -> tuple[Finding, ...]:
        """The findings this view lists."""
        return tuple(finding for finding in report.findings if self._shows(finding))

    def _shows(self, finding: Finding) -> bool:
        if finding.suppressed and not self.show_suppressed:
            return False
        if finding.verdict == "open":
            return self.show_open or self.show_blocked
        return finding.verdict != "blocked" or self.show_blocked


def render(report: Report, view: View) -> str:
    """The report as text, ending in a newline; empty where there is nothing to say."""
    module, name = FORMATS[view.format]
    room = importlib.import_module(f"vmapify.report.{module}")
    renderer: Callable[[Report, View], str] = getattr(room, name)
    text = renderer(report, view)
    return visible(text, coloured=view.style.on) if view.format in SHOWN else text
