"""Names and code from files, as a terminal may show them: no control character of theirs reaches it.

A file name or a comment may hold escape sequences, line breaks and marks that turn the direction of writing, with which text can
look like another finding, or like nothing at all (CVE-2021-42574).
"""

from __future__ import annotations

import re

_HIDDEN = "\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\udc80-\udcff"
_IN_TEXT = re.compile(rf"\x1b\[[0-9]{{1,2}}m|\r(?!\n)|[{_HIDDEN}]")
_IN_NAME = re.compile(rf"[\t\n\r\x0c{_HIDDEN}]")
_COLOUR = re.compile(r"\x1b\[[0-9]{1,2}m")


def visible(text: str, *, coloured: bool = False) -> str:
    """``text`` with control characters escaped as Python would write them; lines, tabs and form feeds stay.

    Args:
        text: what is to be shown, any number of lines.
        coloured: our own colours are in it, and stay as well.
    """

    def shown(found: re.Match[str]) -> str:
        return found[0] if coloured and _COLOUR.fullmatch(found[0]) else _escaped(found)

    return _IN_TEXT.sub(shown, text)


def visible_name(name: str) -> str:
    """The name of a file in one line, with control characters escaped, line breaks too."""
    return _IN_NAME.sub(_escaped, name)


def _escaped(found: re.Match[str]) -> str:
    return "".join(_as_written(character) for character in found[0])


def _as_written(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return repr(character)[1:-1] if not character.isprintable() else character
