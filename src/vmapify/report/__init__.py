"""From results to text, JSON and the formats of code hosts. The exit code is computed here only."""

from vmapify.report.exit_code import exit_code, verify_exit_code
from vmapify.report.model import Outcome, Report
from vmapify.report.render import FORMATS, View, render

__all__ = ["FORMATS", "Outcome", "Report", "View", "exit_code", "render", "verify_exit_code"]
