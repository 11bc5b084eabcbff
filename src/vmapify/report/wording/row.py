"""A row of the tables: a sentence and an advice, with the names of what they mention in braces."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """What is said for two codes. Without an ``advice`` of its own, the usual one for the first code is given."""

    message: str
    advice: str = ""


Rows = dict[str, dict[str, Row]]
