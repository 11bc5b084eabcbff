"""All sentences about loops: what was seen, what is assumed, what changes, and what to do about it.

Whoever finds something says it with two codes and with what it mentions (`vmapify.diagnostic.details`). The sentence
stands here, one row for a pair of codes, with the mentions in braces. A new one is one line in the table of its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report.wording import arrays, assumptions, callees, carries, collecting, doubts, purposes, values
from vmapify.report.wording.cures import CURES, USUAL
from vmapify.report.wording.questions import QUESTIONS

if TYPE_CHECKING:
    from vmapify.diagnostic import Assumption, Question, Reason
    from vmapify.report.wording.row import Rows

__all__ = ["QUESTIONS", "ROWS", "advice", "asked", "message", "question"]

ROWS: Rows = {
    code: rows
    for table in (
        carries.ROWS,
        values.ROWS,
        callees.ROWS,
        arrays.ROWS,
        collecting.ROWS,
        purposes.ROWS,
        assumptions.ROWS,
        doubts.ROWS,
    )
    for code, rows in table.items()
}


def message(item: Reason | Assumption) -> str:
    """What was seen, or what is assumed."""
    return ROWS[item.code][item.subcode].message.format_map(dict(item.details))


def asked(item: Question) -> str:
    """What only a run can tell."""
    return f"{QUESTIONS[item.code].format(name=item.name)}?"


def question(item: Question) -> str:
    """The same with what makes it a question."""
    return f"{asked(item)} ({message(item.reason)})"


def advice(reason: Reason) -> str:
    """What to do about it: what fits this loop, else these two codes, else the first of them."""
    text = CURES[reason.cure] if reason.cure else ROWS[reason.code][reason.subcode].advice or USUAL.get(reason.code, "")
    return text.format_map(dict(reason.details))
