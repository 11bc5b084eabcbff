"""Why a site was not reached, from what the workload printed."""

from __future__ import annotations

import re

EXCEPTION = re.compile(r"^(?:E +)?([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*)$", re.MULTILINE)
MISSING_PACKAGE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


def missing_package(text: str, python: str) -> str | None:
    """The package that user code could not import, and where to install it."""
    found = MISSING_PACKAGE.search(text)
    if found is None:
        return None
    return f"ModuleNotFoundError: {found.group(1)}; install it into {python} or pass --python"


def last_exception(text: str) -> str | None:
    """The last line of a child's output that looks like an exception."""
    lines = EXCEPTION.findall(text)
    return lines[-1].strip()[:200] if lines else None


def cause_of(text: str, python: str) -> str | None:
    """The best single line: a missing package with its cure, else the last exception, else the text."""
    return missing_package(text, python) or last_exception(text) or (text.splitlines() or [""])[-1] or None
