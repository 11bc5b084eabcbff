"""The command line. No logic: options in, report out."""

from vmapify.cli.main import main

__all__ = ["main"]
