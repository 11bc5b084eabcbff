"""On which line of a TOML text a key stands; the parser of the standard library does not tell."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(["']?)([\w.-]+)\1\s*(?:\.[^=]*)?=""")


def line_of(text: str, key: str, table: str) -> int | None:
    """The 1-based line of ``key`` in ``table`` (dotted, empty for the top); None where it is spelled some other way."""
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            inside = re.sub(r"[\s\"']", "", header[1])
            if inside == ".".join(part for part in (table, key) if part):
                return number
        elif inside == table and (found := _KEY.match(line)) and found[2].partition(".")[0] == key:
            return number
    return None
